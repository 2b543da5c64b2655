// Package security attacks the real binary from outside: who may do what, on
// every route and frame; sessions, cookies and tokens; text that would be
// script; secrets that would be seen. SECURITY.md says which test proves what.
package security
