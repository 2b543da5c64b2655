package event

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Partitions are part of stored subjects: the function may never change.
func TestPartitionIsFixed(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]int{"": 5, "a": 44, "agra5gqqxcvlsgsguxuxb2cfve": 41} {
		require.Equal(t, want, Partition(id), id)
	}
	subject := ChatSubject("agra5gqqxcvlsgsguxuxb2cfve")
	require.Equal(t, "agra5gqqxcvlsgsguxuxb2cfve", ChatConversation(subject))
	for _, other := range []string{"", "chat.", "chat.1.x", "live.agra5", "chat.00"} {
		require.Empty(t, ChatConversation(other), other)
	}
}

// Every partition is stored by exactly one stream, whatever the shards, and
// ChatStream names it.
func TestStreamsCoverEveryPartition(t *testing.T) {
	t.Parallel()
	for _, shards := range []int{1, 2, 4, 8, 16, 32, 64} {
		owner := map[string]string{}
		for _, s := range Streams(shards) {
			require.Positive(t, s.MaxBytes, s.Name)
			if !strings.HasPrefix(s.Name, "CHAT_") {
				continue
			}
			for _, subject := range s.Subjects {
				require.NotContains(t, owner, subject)
				owner[subject] = s.Name
			}
		}
		require.Len(t, owner, Partitions)
		for _, id := range []string{"a", "b", "conversation", "x2y3z4"} {
			require.Equal(t, owner[fmt.Sprintf("chat.%02d.*", Partition(id))], ChatStream(id, shards))
		}
	}
}

func TestFrameIsTheStoredObjectWithAHead(t *testing.T) {
	t.Parallel()
	e := Event{At: Now(), CID: "c", From: Actor{Kind: ActorVisitor, ID: "v", Name: `An "n"`}, Kind: KindMessage, Text: "a\nb </script>"}
	body, err := e.Encode()
	require.NoError(t, err)
	var frame, stored map[string]any
	require.NoError(t, json.Unmarshal(AppendFrame([]byte{}, "conv", 7, 5, body), &frame))
	require.NoError(t, json.Unmarshal(body, &stored))
	for k, v := range map[string]any{"type": "event", "conv": "conv", "seq": 7.0, "prev": 5.0} {
		require.Equal(t, v, frame[k])
		delete(frame, k)
	}
	require.Equal(t, stored, frame)
	again, err := Decode("conv", 7, body)
	require.NoError(t, err)
	e.Conv, e.Seq = "conv", 7
	require.Equal(t, e, again)
	_, err = Decode("conv", 7, []byte(`{"text":"no kind"}`))
	require.Error(t, err)
}

func TestVisitorsSeeNoHandoffDetails(t *testing.T) {
	t.Parallel()
	e := Event{Kind: KindHandoff, Handoff: &Handoff{Reason: "anger", Summary: "swore twice", Skills: map[string]int{"billing": 3}, Priority: 5, Team: "gold", Language: "en"}}
	body, err := e.Encode()
	require.NoError(t, err)
	public := string(PublicBody(KindHandoff, body))
	for _, secret := range []string{"anger", "swore", "billing", "gold", "priority"} {
		require.NotContains(t, public, secret)
	}
	require.Contains(t, public, `"language":"en"`)
	message := Event{Kind: KindMessage, Text: "hello"}
	body, err = message.Encode()
	require.NoError(t, err)
	require.Equal(t, body, PublicBody(KindMessage, body))
	for _, k := range Kinds() {
		note := Event{Kind: k, Note: true}
		require.True(t, note.Internal())
	}
	require.True(t, InternalKind(KindBot))
	require.False(t, InternalKind(KindAssigned))
}

func TestBusinessHours(t *testing.T) {
	t.Parallel()
	week := []Day{}
	for d := 1; d <= 5; d++ {
		week = append(week, Day{d, 9 * 60, 12 * 60}, Day{d, 13 * 60, 17 * 60})
	}
	h := BusinessHours{Zone: "Europe/Berlin", Days: week, Holidays: []string{"2026-12-25"}}
	at := func(s string) time.Time {
		parsed, err := time.Parse(time.RFC3339, s)
		require.NoError(t, err)
		return parsed
	}
	for _, tc := range []struct {
		at   string
		open bool
		next string
	}{
		{"2026-11-24T08:00:00Z", true, "2026-11-24T08:00:00Z"},  // Tuesday 9:00 in Berlin
		{"2026-11-24T07:59:59Z", false, "2026-11-24T08:00:00Z"}, // a second before
		{"2026-11-24T11:00:00Z", false, "2026-11-24T12:00:00Z"}, // lunch
		{"2026-11-24T16:00:00Z", false, "2026-11-25T08:00:00Z"}, // 17:00 is closed
		{"2026-11-28T10:00:00Z", false, "2026-11-30T08:00:00Z"}, // Saturday
		{"2026-12-25T10:00:00Z", false, "2026-12-28T08:00:00Z"}, // holiday, then the week-end
		{"2026-03-27T16:30:00Z", false, "2026-03-30T07:00:00Z"}, // the clocks go forward in between
		{"2026-10-23T15:30:00Z", false, "2026-10-26T08:00:00Z"}, // and back
	} {
		require.Equal(t, tc.open, h.Open(at(tc.at)), tc.at)
		require.True(t, at(tc.next).Equal(h.NextOpen(at(tc.at))), "%s: %s", tc.at, h.NextOpen(at(tc.at)))
	}
	require.True(t, BusinessHours{}.Open(at("2026-11-28T03:00:00Z")), "no hours are all hours")
	require.Zero(t, BusinessHours{Days: []Day{{1, 0, 0}}}.NextOpen(at("2026-11-28T03:00:00Z")), "an empty interval never opens")
}

func TestOriginsAreExact(t *testing.T) {
	t.Parallel()
	i := Inbox{Origins: []string{"https://shop.example"}}
	require.True(t, i.AllowsOrigin("https://shop.example"))
	for _, other := range []string{"", "null", "http://shop.example", "https://shop.example:8443", "https://x.shop.example", "https://shop.example.evil.example", "https://SHOP.example"} {
		require.False(t, i.AllowsOrigin(other), other)
	}
}
