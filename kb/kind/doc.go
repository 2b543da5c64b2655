// Package kind reads the rendered text of an article as what its kind makes of
// it: the questions of an FAQ, the steps of a tutorial, the tree of a
// troubleshooting guide, the transcript of a video. It works on HTML that
// package markup has made, so that anchors, links and levels of headings are
// those of the plain article. It does no I/O.
package kind
