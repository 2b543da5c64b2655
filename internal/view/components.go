package view

// Empty says why there is nothing and what to do next.
type Empty struct {
	Title, Text string
	URL, Action string // a link, "" for none
}

// Notice is a message above the content. Kind is ok, warn, bad or "".
type Notice struct{ Kind, Title, Text string }
