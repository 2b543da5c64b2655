package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/google/jsonschema-go/jsonschema"

	"parley/internal/errs"
)

// Verb makes the endpoint by which integrations ask the module for verb, which
// is also the right they need; see [EndpointSubject]. The request is one JSON
// object with no other fields than In has. do learns who asks from the subject
// that the integration alone may write, with its rights as they are now.
func Verb[In, Out any](b *Bus, module, verb string, do func(context.Context, Integration, In) (Out, error)) (Endpoint, error) {
	schema, err := verbSchema[In, Out]()
	if err != nil {
		return Endpoint{}, fmt.Errorf("describe %s of %s: %w", verb, module, err)
	}
	return Endpoint{
		Name: verb, Subject: EndpointSubject(module, verb), Schema: schema,
		Handle: func(ctx context.Context, subject string, _ map[string][]string, data []byte) (any, error) {
			in, err := b.Integration(ctx, EndpointCaller(subject))
			if err != nil {
				return nil, err
			}
			if !slices.Contains(in.Can, verb) {
				return nil, errs.New(errs.Forbidden, "the integration %s may not do this; an operator can add %q to its rights", in.Name, verb)
			}
			var req In
			if err := decodeStrict(data, &req); err != nil {
				return nil, err
			}
			return do(ctx, in, req)
		},
	}, nil
}

// verbSchema is {"request": …, "answer": …}, each a JSON Schema.
func verbSchema[In, Out any]() (string, error) {
	request, err := jsonschema.For[In](nil)
	if err != nil {
		return "", err
	}
	answer, err := jsonschema.For[Out](nil)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]any{"request": request, "answer": answer})
	return string(text), err
}

// decodeStrict refuses unknown fields and trailing data, because a misspelt
// field must not be taken for an absent one, and text that JSON would repair
// silently.
func decodeStrict(data []byte, dst any) error {
	if !utf8.Valid(data) {
		return errs.New(errs.Invalid, "the request must be UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(dst); err != nil {
		if typeErr, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && typeErr.Field != "" {
			return errs.Field(typeErr.Field, "must be of type %s", typeErr.Type)
		}
		return errs.Wrap(err, errs.Invalid, "the request is not the JSON object it should be: %s", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errs.New(errs.Invalid, "the request holds more than one JSON value")
	}
	return nil
}
