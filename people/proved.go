package people

import (
	"context"
	"strings"

	"parley/internal/errs"
	"parley/internal/pg"
)

// ProvedBy returns the attributes that a JWT made with the secret of an inbox
// names of its user. The inbox takes identities; nobody becomes a visitor by
// it. The error is unauthenticated for what is no such proof, also of an inbox
// that there is not.
func (s *Service) ProvedBy(ctx context.Context, inbox, proof string) (map[string]any, error) {
	door, err := s.entrance(ctx, inbox, "")
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Invalid) {
		return nil, badProof("is of an inbox that there is not")
	}
	if err != nil {
		return nil, err
	}
	if door.Identity != identityOptional && door.Identity != identityRequired {
		return nil, badProof("is of an inbox that takes no identities")
	}
	if !strings.Contains(proof, ".") {
		return nil, badProof("must be a JWT: it says until when it is good")
	}
	id, err := prove(&door, proof, claim{}, s.now())
	if err != nil {
		return nil, err
	}
	return id.Says.Attributes, nil
}

// Proved returns the attributes of a contact that its site has signed, of the
// contact that remains when it was merged. What pages or agents said is not
// among them.
func (s *Service) Proved(ctx context.Context, contact string) (map[string]any, error) {
	root, err := rootOf(ctx, s.db, contact)
	if err != nil {
		return nil, pg.Map(err)
	}
	c, err := readContact(ctx, s.db, root)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for _, name := range c.Signed {
		attribute, ok := strings.CutPrefix(name, attributePrefix)
		if value, there := c.Attributes[attribute]; ok && there {
			out[attribute] = value
		}
	}
	return out, nil
}
