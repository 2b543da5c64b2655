// Package blob takes files from outsiders and gives them back without harm.
//
// The type of a file is what its content says, never its name. PNG, JPEG, GIF
// and WebP are decoded and encoded again, which strips position, camera and
// whatever else hides in them, and which no polyglot survives; only such a file
// counts as an image and may be shown in a page. Everything else is handed out
// as a download. What would need too much memory or time to decode is kept as
// a plain file.
//
// The bytes live in the object store of internal/bus under a random id; who
// owns them and who may fetch them is the caller's business. [Links] signs the
// short-lived addresses at which they are fetched.
package blob
