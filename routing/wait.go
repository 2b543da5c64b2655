package routing

import (
	"maps"
	"time"

	"parley/event"
)

// need is what an agent must bring, now.
type need struct {
	Skills   map[string]int
	Language string
	Team     string
	Teams    []string // of the inbox: only their members may have it; empty means everybody
}

// How a requirement relaxes while a conversation waits, ring by ring (the
// bullseye of contact-centre routing): first everybody who fits, then lower
// levels, then other skills and languages. Whoever served the contact last
// comes first in each ring; nobody waits for them while others are free.
const (
	levelsFor  = 45 * time.Second
	skillsFor  = 90 * time.Second
	declineFor = 60 * time.Second // how long a decline keeps an agent from being asked again
)

// relax returns what is needed of an agent after the time waited, and after
// how long that changes next; 0 when it does not change any more.
func relax(r *row, waited time.Duration) (need, time.Duration) {
	n := need{Skills: r.Skills, Language: r.Language, Team: r.Team}
	switch {
	case waited < levelsFor && (len(r.Skills) > 0 || r.Language != ""):
		return n, levelsFor - waited
	case waited < skillsFor && (len(r.Skills) > 0 || r.Language != ""):
		n.Skills = maps.Clone(r.Skills)
		for skill := range n.Skills {
			n.Skills[skill] = 1
		}
		return n, skillsFor - waited
	}
	n.Skills, n.Language = nil, ""
	return n, 0
}

// expected estimates the wait at a place in the queue from the pace at which
// conversations left it lately: one every gap.
func expected(position int, gap time.Duration) int {
	return int((time.Duration(position) * gap).Seconds())
}

// offline says why nobody can take a conversation of the inbox now, "" when
// somebody may.
func offline(inbox *event.Inbox, anybody bool, now time.Time) (reason, opensAt string) {
	if !inbox.Hours.Open(now) {
		if next := inbox.Hours.NextOpen(now); !next.IsZero() {
			opensAt = next.Format(time.RFC3339)
		}
		return "outside_hours", opensAt
	}
	if !anybody {
		return "nobody_online", ""
	}
	return "", ""
}
