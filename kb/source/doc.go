// Package source reads a folder of Markdown and MDX files, as documentation
// sites keep them, into articles: front matter, language, collection, links
// between files, and text that is Markdown and nothing else. It reads; what is
// stored and under which id is the importer's business.
//
// Files come from outside. What cannot be read is skipped with a reason, never
// guessed.
package source
