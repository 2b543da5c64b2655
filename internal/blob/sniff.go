package blob

import (
	"bytes"
	"mime"
	"net/http"
	"strings"
)

// sniffLen is how many bytes of a file tell its type.
const sniffLen = 3072

// Sniff returns the media type of a file by its first bytes, without
// parameters; application/octet-stream when they say nothing. To the rules of
// net/http it adds formats that browsers would run or show.
func Sniff(head []byte) string {
	if t, ok := own(head); ok {
		return t
	}
	t, _, err := mime.ParseMediaType(http.DetectContentType(head))
	if err != nil {
		return "application/octet-stream"
	}
	return t
}

func own(head []byte) (string, bool) {
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	switch {
	case bytes.Contains(text, []byte("<svg")) && bytes.HasPrefix(text, []byte("<")):
		return "image/svg+xml", true
	case bytes.HasPrefix(text, []byte("<")) && (bytes.Contains(text, []byte("<html")) || bytes.Contains(text, []byte("<script"))):
		return "text/html", true
	case bytes.HasPrefix(text, []byte("mime-version:")):
		return "message/rfc822", true
	}
	if len(head) >= 12 && string(head[4:8]) == "ftyp" {
		switch brand := string(head[8:12]); brand {
		case "heic", "heix", "hevc", "mif1", "msf1":
			return "image/heic", true
		case "avif", "avis":
			return "image/avif", true
		case "qt  ":
			return "video/quicktime", true
		}
	}
	return "", false
}

// Served is the media type a file of a type is handed out with. What a browser
// could run or take for a page goes out as bytes without meaning.
func Served(t string) string {
	switch t {
	case "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "application/zip":
		return t
	case "text/plain":
		return "text/plain; charset=utf-8"
	}
	if strings.HasPrefix(t, "audio/") || strings.HasPrefix(t, "video/") {
		return t
	}
	return "application/octet-stream"
}
