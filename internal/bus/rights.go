package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"parley/internal/errs"
)

// What integrations may do is kept in the bucket "settings" too: a service that
// they call may run in another process than the server that has their users.

const rightsPrefix = "integration."

// Integration returns what an integration may do now, without its password.
// errs.Forbidden when there is none of that name.
func (b *Bus) Integration(ctx context.Context, name string) (Integration, error) {
	if err := (Integration{Name: name}).validate(); err != nil {
		return Integration{}, err
	}
	entry, err := b.settings.Get(ctx, rightsPrefix+name)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return Integration{}, errs.New(errs.Forbidden, "there is no integration %s", name)
	}
	if err != nil {
		return Integration{}, fmt.Errorf("read the rights of the integration %s: %w", name, err)
	}
	var in Integration
	if err := json.Unmarshal(entry.Value(), &in); err != nil {
		return Integration{}, fmt.Errorf("read the rights of the integration %s: %w", name, err)
	}
	return in, nil
}

// shareRights writes the rights of all integrations, and deletes those of
// integrations that are gone.
func (b *Bus) shareRights(ctx context.Context, all []Integration) error {
	wanted := make(map[string]bool)
	for _, in := range all {
		wanted[rightsPrefix+in.Name] = true
		in.Password = ""
		body, err := json.Marshal(in) //nolint:gosec // its password is empty
		if err != nil {
			return fmt.Errorf("encode the rights of the integration %s: %w", in.Name, err)
		}
		if _, err := b.settings.Put(ctx, rightsPrefix+in.Name, body); err != nil {
			return fmt.Errorf("share the rights of the integration %s: %w", in.Name, err)
		}
	}
	keys, err := b.settings.ListKeysFiltered(ctx, rightsPrefix+"*")
	if err != nil {
		return fmt.Errorf("list the rights of integrations: %w", err)
	}
	for key := range keys.Keys() {
		if wanted[key] {
			continue
		}
		if err := b.settings.Delete(ctx, key); err != nil {
			return fmt.Errorf("delete the rights of the integration %s: %w", strings.TrimPrefix(key, rightsPrefix), err)
		}
	}
	return nil
}
