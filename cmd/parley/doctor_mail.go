package main

import (
	"context"
	"fmt"
)

// examineMail logs in to the mail server and leaves. Nothing is sent.
func (c *config) examineMail(ctx context.Context) finding {
	sender, err := c.mailer()
	switch {
	case err != nil:
		return unseen("mail", err)
	case sender == nil:
		return finding{Name: "mail", Level: levelOK, Detail: "no mail server is set: people take over where a flow needs a one-time code"}
	}
	if err := sender.Check(ctx); err != nil {
		return finding{
			Name: "mail", Of: sender.Server(), Level: levelProblem, Detail: explain(err),
			Fix: "check host, port, user and password of --mail-url, and that the mail server lets this machine in",
		}
	}
	does := "answers"
	if sender.LogsIn() {
		does = "lets Parley log in"
	}
	f := finding{Name: "mail", Of: sender.Server(), Level: levelOK, Detail: fmt.Sprintf("%s, over %s", does, sender.Protection())}
	if !sender.Private() {
		f.Level, f.Fix = levelWarning, "one-time codes can be read on the way: use smtps://, or smtp:// without ?tls=none"
	}
	return f
}
