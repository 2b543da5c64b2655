package kb

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// defaultVideoHosts are asked only after the reader has agreed.
func defaultVideoHosts() []string {
	return []string{"www.youtube-nocookie.com", "player.vimeo.com"}
}

// foreign is a film at another host.
type foreign struct {
	host    string
	address string // of the page that is shown in a frame
}

var (
	youtubeID = regexp.MustCompile(`^[A-Za-z0-9_-]{6,20}$`)
	vimeoID   = regexp.MustCompile(`^[0-9]{5,15}$`)
)

// embedOf returns the frame for a film's address, with the addresses that
// people copy turned into those for frames; ok is false for hosts that are not
// allowed.
func embedOf(address string, allowed []string) (e foreign, ok bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil {
		return e, false
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	last := parts[len(parts)-1]
	switch strings.TrimPrefix(u.Hostname(), "www.") {
	case "youtube.com", "m.youtube.com", "youtu.be":
		id := u.Query().Get("v")
		if id == "" {
			id = last
		}
		if !youtubeID.MatchString(id) {
			return e, false
		}
		u = &url.URL{Scheme: "https", Host: "www.youtube-nocookie.com", Path: "/embed/" + id, RawQuery: startOf(u)}
	case "vimeo.com":
		if !vimeoID.MatchString(last) {
			return e, false
		}
		u = &url.URL{Scheme: "https", Host: "player.vimeo.com", Path: "/video/" + last, RawQuery: "dnt=1"}
	}
	// The host goes into a header: it must be nothing but a name.
	if !slices.Contains(allowed, u.Host) || !hostName.MatchString(u.Host) {
		return e, false
	}
	return foreign{host: u.Host, address: u.String()}, true
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]+)?$`)

// startOf keeps the second at which a film begins.
func startOf(u *url.URL) string {
	t := strings.TrimSuffix(u.Query().Get("t"), "s")
	if n, err := strconv.Atoi(t); err == nil && n > 0 {
		return "start=" + strconv.Itoa(n)
	}
	return ""
}
