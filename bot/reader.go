package bot

import "parley/bot/flow"

// reader reads the answers that flows ask for. Yes and no are the small talk's
// in every language.
func (u *understanding) reader() flow.Reader {
	return flow.NewPlain(func(text, _ string) (string, bool) {
		switch u.read(text).SmallTalk {
		case Yes:
			return "yes", true
		case No:
			return "no", true
		}
		return "", false
	})
}
