// Package web is Parley's browser side as the binary carries it: the bundle of
// widget, console and page enhancements, the style sheets, and the few pages
// that are only a shell around them.
//
// Owns: dist (made by `make web`, not committed) and styles; no tables.
//
// Serves: /assets/* hashed and pre-compressed; /widget.js, the launcher for
// customers' pages, and its stand-ins for two other products' snippets;
// /widget/frame and /chat, the chat itself; /console; /demo.
//
// Everything is under a content security policy without inline script or
// style. Only /widget/frame may be framed, by the origins of its inbox.
//
// Without a bundle the package still builds and its routes say how to make one;
// style sheets are embedded from source, so public pages never wait for it.
package web
