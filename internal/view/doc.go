// Package view renders the server-made pages that the public reads: one
// layout, a few components, and a typed page for each template of a module.
//
// Templates are html/template, parsed at start; a template that names what its
// view struct does not have ends the program there in tests, never halfway
// through an answer: a page is rendered into memory and sent when complete.
//
// Pages carry no inline script or style, and their content security policy
// allows none. Structured data is a data block, which no browser executes.
package view
