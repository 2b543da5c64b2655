// Package measure holds what a search engine is measured by: sets of questions
// with known answers in the layout of BEIR (Thakur et al., arXiv:2104.08663),
// and the usual figures over rankings.
package measure
