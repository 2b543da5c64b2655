// Package people knows who visits the customers' sites.
//
// Owns: schema "people": contacts (a person), visitors (a browser of a person,
// in one inbox), identities (what a site's signature proved) and erased (whose
// tokens are refused). Issues and verifies visitors' tokens.
//
// Consumes: nothing.
//
// Publishes: contact.created, contact.updated, contact.merged and contact.erased
// on people.<contact>, and as CloudEvents for other systems on
// evt.contact.<created|updated|merged|erased>, through the outbox; and, unstored,
// gate.erased when tokens become worth nothing.
//
// Serves: POST /api/v1/visitors, GET and PATCH /api/v1/visitors/me,
// GET /api/v1/contacts, GET and PATCH /api/v1/contacts/{id},
// POST /api/v1/contacts/{id}/merge; to other systems on NATS
// parley.v1.people.attributes; to other modules [Service.Contacts], to the gate
// [Service.Verify].
//
// # Who somebody is
//
// Anybody may claim a name or an e-mail address, so a claim never joins two
// people. Only a proof does: a JWT (HS256) or an HMAC made with the inbox's
// secret, by which the site vouches for its own user. A proved identity belongs
// to the inbox whose secret proved it; the same user id at another site is
// another person. What a proof says of somebody is marked as signed, and pages
// cannot change it any more.
//
// A browser that was anonymous until it showed a proof takes its own contact
// along: that is merged into the proved one, or becomes it. A browser that
// belongs to another proved person does not: it gets a new visitor, so that the
// next user of a shared computer does not see the last one's conversations.
//
// Agents may merge contacts by judgement. That is for the desk's eyes: the
// visitors' own view (GET /visitors/me) never shows an unproved visitor
// anything that came from such a merge.
package people
