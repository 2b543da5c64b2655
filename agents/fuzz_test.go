package agents

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"parley/internal/errs"
)

// FuzzPHC: a stored hash is refused, or is one that costs a bounded time and is
// written as it was read.
func FuzzPHC(f *testing.F) {
	for _, stored := range []string{
		"$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$SJBlMuZVJ0GGZSE0fcRTlnDfxDiVCdBMfYV8GzyNcJg", "$argon2id$v=19$m=4294967295,t=2,p=1$$", "$argon2i$v=19$m=8,t=1,p=1$YQ$YQ", "", "$$$$$",
	} {
		f.Add(stored)
	}
	f.Fuzz(func(t *testing.T, stored string) {
		p, err := parsePHC(stored)
		if err != nil {
			return
		}
		require.LessOrEqual(t, p.memory, uint32(256*1024))
		require.LessOrEqual(t, p.passes, uint32(16))
		again, err := parsePHC(p.String())
		require.NoError(t, err)
		require.Equal(t, p, again)
	})
}

// FuzzEdit: an account or canned response that is taken can be stored and shown
// in a line.
func FuzzEdit(f *testing.F) {
	for _, body := range []string{
		`{"name":"Ada","email":"ada@example.com","role":"admin","skills":{"billing":3},"inboxes":null,"capacity":3}`, `{"name":"\u0000"}`, `{"email":" A@B.c "}`, `{"role":"root"}`,
		`{"inboxes":["../x"]}`, `{"skills":{"A b":9}}`, `{"shortcut":"/x","title":"t","text":"{{contact.name}} {{ x }}"}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var e edit
		if json.Unmarshal([]byte(body), &e) == nil && e.checkAbilities() == nil {
			a, err := account{Name: "x", Email: "x@example.com", Role: "agent", Capacity: 1}.apply(e)
			if err == nil {
				require.True(t, utf8.ValidString(a.Name+a.Email))
				require.NotContains(t, a.Name+a.Email, "\n")
				require.NotContains(t, a.Name+a.Email, "\x00")
			} else {
				require.Equal(t, errs.Invalid, errs.CodeOf(err))
			}
		}
		var c cannedEdit
		if json.Unmarshal([]byte(body), &c) != nil {
			return
		}
		made, err := canned{}.apply(c, "ada")
		if err == nil {
			require.True(t, utf8.ValidString(made.Title+made.Text))
			require.NotContains(t, made.Title+made.Text, "\x00")
		}
	})
}
