package vectors

import (
	"os"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/words"
)

func cosine(t *Table, a, b string) float32 {
	x, y := make([]float32, Dim), make([]float32, Dim)
	t.Embed(a, x)
	t.Embed(b, y)
	return dot(x, y)
}

func TestTableBelongsToTheParaphrases(t *testing.T) {
	t.Parallel()
	c, err := ReadCorpus(os.DirFS("../../bot/lexicon/paraphrases"))
	require.NoError(t, err)
	assert.Equal(t, c.Digest, Builtin().Digest(), "the paraphrases have changed: make vectors")
}

func TestSameMeaningIsNearerThanSameWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, same, other string }{
		{"i want to get rid of my login", "delete my account", "i want to change my login name"},
		{"the parcel never came", "my order has not arrived", "the parcel came in the wrong colour"},
		{"charged twice for one thing", "double payment on my statement", "charged more than the price said"},
		{"komme nicht mehr in mein Konto rein", "Anmeldung geht nicht", "Termin verschieben"},
		{"cant remember my pasword", "forgot my password", "remember that i like tea"},
	} {
		same, other := cosine(Builtin(), test.text, test.same), cosine(Builtin(), test.text, test.other)
		assert.Greater(t, same, other, "%+v", test)
	}
}

//nolint:paralleltest // AllocsPerRun counts what the whole process allocates
func TestEmbedAllocatesNothing(t *testing.T) {
	dst := make([]float32, Dim)
	table := Builtin()
	var read words.Text // its own: under the race detector pools forget at random
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		read.Set("where is my refund, it should have been here last week")
		table.EmbedWords(&read, dst)
	}))
}

func TestEmbedOfNothingKnownIsZero(t *testing.T) {
	t.Parallel()
	dst := []float32{0: 7, Dim - 1: 0}
	Builtin().Embed(" ?!… ", dst)
	assert.Equal(t, make([]float32, Dim), dst)
}

func small(t *testing.T) Corpus {
	t.Helper()
	c, err := ReadCorpus(fstest.MapFS{
		"en/a.txt": {Data: []byte("# access\nforgot my password | cannot remember the secret word | lost the login code\nhow do i sign up | open an account | register please\n")},
		"de/b.txt": {Data: []byte("wo ist mein Paket | Lieferung kam nicht an | Sendung fehlt\n\nGeld zurück | Erstattung bitte\n")},
		"note.md":  {Data: []byte("no group")},
	})
	require.NoError(t, err)
	require.Len(t, c.Groups, 4)
	return c
}

func TestTrainingIsRepeatable(t *testing.T) {
	t.Parallel()
	c := small(t)
	var losses []float64
	how := Training{Passes: 30, Progress: func(_, _ int, loss float64) { losses = append(losses, loss) }}
	one, two := Train(c.Groups, how).Encode(c.Digest), Train(c.Groups, how).Encode(c.Digest)
	assert.Equal(t, one, two)
	assert.Less(t, losses[29], losses[0]/2)

	table, err := Decode(one)
	require.NoError(t, err)
	assert.Equal(t, c.Digest, table.Digest())
	assert.Greater(t, cosine(table, "Geld zurück", "Erstattung bitte"), cosine(table, "Geld zurück", "wo ist mein Paket"))
}

func TestDamagedTablesAreRefused(t *testing.T) {
	t.Parallel()
	whole := Train(small(t).Groups, Training{Passes: 1}).Encode("")
	for name, data := range map[string][]byte{"empty": {}, "cut": whole[:len(whole)/2], "text": []byte("no table")} {
		_, err := Decode(data)
		assert.Error(t, err, name)
	}
}

func TestAGroupOfOneIsAnError(t *testing.T) {
	t.Parallel()
	_, err := ReadCorpus(fstest.MapFS{"x.txt": {Data: []byte("a | b\nalone\n")}})
	assert.ErrorContains(t, err, "x.txt:2")
}

func BenchmarkEmbed(b *testing.B) {
	dst := make([]float32, Dim)
	b.ReportAllocs()
	for b.Loop() {
		Builtin().Embed("I paid with my card last week and the order still says that the payment is pending", dst)
	}
}
