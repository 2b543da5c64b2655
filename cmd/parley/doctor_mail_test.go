package main

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// mailServer greets, and answers each command with what answers has for it.
func mailServer(t *testing.T, answers map[string]string) (addr string) {
	t.Helper()
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var wg sync.WaitGroup
	t.Cleanup(func() {
		_ = ln.Close()
		wg.Wait()
	})
	wg.Go(func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = fmt.Fprint(conn, "220 ready\r\n")
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			verb, _, _ := strings.Cut(lines.Text(), " ")
			_, _ = fmt.Fprint(conn, answers[verb]+"\r\n")
		}
	})
	return ln.Addr().String()
}

func TestDoctorAsksTheMailServer(t *testing.T) {
	t.Parallel()
	ask := func(url string) finding {
		c := config{MailURL: url, MailFrom: "a@example.com"}
		return c.examineMail(t.Context())
	}
	f := ask("")
	require.Equal(t, levelOK, f.Level)
	require.Contains(t, f.Detail, "no mail server is set")

	addr := mailServer(t, map[string]string{"EHLO": "250 here", "QUIT": "221 bye"})
	require.Equal(t, finding{Name: "mail", Of: addr, Level: levelOK, Detail: "answers, over no encryption"}, ask("smtp://"+addr+"?tls=none"), "on this machine that is enough")

	addr = mailServer(t, map[string]string{"EHLO": "250-here\r\n250 AUTH CRAM-MD5", "AUTH": "535 no", "*": "501 ended", "QUIT": "221 bye"})
	f = ask("smtp://ada:sesame@" + addr + "?tls=none")
	require.Equal(t, levelProblem, f.Level)
	require.Contains(t, f.Detail, "535")
	require.NotContains(t, f.Detail+f.Fix, "sesame")

	addr = mailServer(t, map[string]string{"EHLO": "250 here"})
	f = ask("smtp://" + addr)
	require.Equal(t, levelProblem, f.Level)
	require.Contains(t, f.Detail, "STARTTLS")
	require.NotEmpty(t, f.Fix)
}
