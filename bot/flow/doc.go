// Package flow runs guided conversations: an author draws blocks that say, ask,
// choose, branch, call a tool, search, rate or hand over, and a visitor is led
// from one to the next.
//
// It is pure: nothing here reads a clock, a database or a network. [Check] finds
// what is wrong with a definition, and [Engine.Step] turns a definition, a state
// and what the visitor said into messages, the next state and effects. What
// needs the world (a tool, a search) is returned as a [Call]; the caller carries
// it out and steps again with its [Result].
//
// What it promises, for any definition, also one that [Check] would refuse:
//   - A turn ends: at most [MaxSteps] blocks run between two messages of the
//     visitor, and what runs into that hands over to a person.
//   - The same definition, state and input give the same output.
//   - Nobody is kept: a question that was not answered [Block.Attempts] times goes
//     on to its else, and without one to a person.
package flow
