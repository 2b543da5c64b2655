// Package eval holds what the bot recognises against labelled messages: anybody's
// own, or the public sets of docs/quality.md. It needs no database: intents are
// learned from a file, as [bot.Train] learns them from the team's.
package eval
