// Package bot answers visitors first: it recognises what a message wants,
// answers from intents that the team has written and from the knowledge base,
// and knows when to stop and call a person.
//
// Owns: schema "bot" with the intents and their examples, the version of what
// was learned from them, the flows and their versions, what the bot remembers of
// each conversation and what its answers came to, tools with who may call them
// and their last calls, counts of one-time codes, and the tokens a language model
// has used.
//
// Consumes: chat.*.* with the durable consumer bot-answers. It acts only while
// the conversation's state, which it folds from the events themselves, is bot.
//
// Publishes, as actor bot:
//   - bot: what it understood and did, and how far a check of who the visitor is
//     has come; agents only
//   - message: what it says, with quick replies and sources
//   - handoff: a person is needed, and why
//   - eph.<conv>: typing, and deltas while a language model writes
//   - settings.intents after a change of an intent
//   - tool.<name>: requests to other companies' programs, see [Service.CallTool]
//   - rated: what a visitor answered when a flow asked
//   - settings.flows after a change of the flows that are live
//
// Serves: flows, tools, resolutions, intents, a try-out and the state of training
// below /api/v1; see [Service.Routes].
//
// What it promises:
//   - One answer to a message, whatever is delivered twice and whichever process
//     goes on: events carry an id made of the message's sequence, and are stored
//     only if nothing came in between that changes the answer.
//   - Every message gets an answer or a person. An error of its own becomes a
//     handoff.
//   - A handoff promises only what happens: that somebody comes when somebody is
//     there, see [Staff].
//   - Without a language model every sentence is one that a person wrote: an
//     article's, an intent's, or a phrase of the lexicon. With one, an answer is
//     used only as far as the passages that it cites, which the visitor may read,
//     bear it out.
//
// Understanding needs no download: a linear classifier over words and pieces of
// words ([Train]), and lexicons of small talk, feelings and of the many ways to
// ask for a person.
package bot
