package event

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkEncode encodes a visitor's message as it is stored.
func BenchmarkEncode(b *testing.B) {
	e := Event{
		Conv: "c", At: Now(), CID: "c-1", From: Actor{Kind: ActorVisitor, ID: "agra6nuxavkoaucjyp7fyifa3a", Name: "Ann"}, Kind: KindMessage,
		Text: "My parcel has not come yet. Where is it now, and when will it come? I have been waiting for two weeks.",
	}
	b.ReportAllocs()
	for b.Loop() {
		_, err := e.Encode()
		require.NoError(b, err)
	}
}

// BenchmarkDecode reads it again, as every consumer does.
func BenchmarkDecode(b *testing.B) {
	e := Event{
		Conv: "c", At: Now(), CID: "c-1", From: Actor{Kind: ActorVisitor, ID: "agra6nuxavkoaucjyp7fyifa3a", Name: "Ann"}, Kind: KindMessage,
		Text: "My parcel has not come yet. Where is it now, and when will it come? I have been waiting for two weeks.",
	}
	body, err := e.Encode()
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, err := Decode("c", 1, body)
		require.NoError(b, err)
	}
}
