// Package markup turns Markdown, which people, the bot and other systems
// write, into HTML that is safe on Parley's own pages, and into plain text.
//
// Two walls stand between the author and the page. The parser knows no raw
// HTML: a tag is text and comes out escaped. What the renderer wrote then
// passes a small allow-list of elements and attributes: no script, style, svg,
// form or event handler, no address but http, https, mailto, tel and relative
// ones. Images come from Parley's own paths only, so that reading a message
// never tells another server about the reader.
package markup
