// Package messages says things in people's languages: texts by flat keys, kept
// in one JSON file a language as those of the browser's side are. A text is a
// string with {name} places, or an object of plural forms (CLDR) of which the
// value n chooses.
//
// Every language has every text: [Load] refuses a catalogue that has gaps, so
// nobody reads a page of which half is in another language.
package messages
