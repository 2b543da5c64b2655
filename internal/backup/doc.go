// Package backup is the form of a backup: a folder of files with a manifest
// that says what they are and holds a checksum of each, or the same as one tar
// file. What is in the files is the business of who writes them.
//
// A backup is complete when it has its name: it is written beside it and renamed
// at the end. Its files are for their owner only, because they hold everything.
package backup
