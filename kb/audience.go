package kb

import "parley/event"

// segmentsOf are those of a reader, nil for staff, who see all.
func segmentsOf(q event.SearchQuery) []string {
	if q.Audience == AudienceAgents {
		return nil
	}
	return append([]string{}, q.Segments...)
}

// Audiences of an article beside [AudiencePublic] and [AudienceAgents]: who has
// signed in to the customer's own site, and a part of those.
const (
	AudienceSignedIn = event.AudienceSignedIn
	AudienceSegment  = event.AudienceSegment
)

// audiencesOf lists the audiences whose articles a reader may see, given as the
// widest one that they belong to. Who belongs to none that is known belongs to
// the public.
func audiencesOf(reader string) []string {
	switch reader {
	case AudienceAgents:
		return []string{AudiencePublic, AudienceSignedIn, AudienceSegment, AudienceAgents}
	case AudienceSegment:
		return []string{AudiencePublic, AudienceSignedIn, AudienceSegment}
	case AudienceSignedIn:
		return []string{AudiencePublic, AudienceSignedIn}
	}
	return []string{AudiencePublic}
}
