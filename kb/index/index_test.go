package index_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/kb/index"
)

func passage(id int64, text string) []index.Chunk { return []index.Chunk{{ID: id, Text: text}} }

func helpCentre() *index.Index {
	return index.Build([]index.Article{
		{ID: "password", Locale: "en", Title: "Reset your password", Aliases: []string{"I cannot remember my secret word"}, Head: 100, Chunks: []index.Chunk{
			{ID: 1, Text: "Passwords have twelve characters."}, {ID: 2, Path: []string{"From the sign-in page"}, Text: "Press the link below the form, then open the e-mail that arrives."},
		}},
		{ID: "invoice", Locale: "en", Title: "Download an invoice", Chunks: passage(3, "Open billing and press download beside the month.")},
		{ID: "salaries", Locale: "en", Audience: "agents", Title: "Reset a customer's password", Chunks: passage(4, "For staff: open the customer and press reset.")},
		{ID: "contraseña", Locale: "es", Title: "Restablecer la contraseña", Chunks: passage(5, "Pulse el enlace debajo del formulario.")},
		{ID: "密码", Locale: "zh", Title: "重置密码", Chunks: passage(6, "点击表单下方的链接。")},
		{ID: "empty", Locale: "en", Title: "Password"},
	})
}

func ids(results []index.Result) []string {
	out := []string{}
	for _, r := range results {
		out = append(out, r.Article)
	}
	return out
}

func TestSearch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		query index.Query
		want  []string
	}{
		{"a word and its other forms", index.Query{Text: "resetting passwords", Locale: "en"}, []string{"password"}},
		{"an alias", index.Query{Text: "secret word", Locale: "en"}, []string{"password"}},
		{"a typing error", index.Query{Text: "invocie", Locale: "en"}, []string{"invoice"}},
		{"what is for agents, for agents", index.Query{Text: "customer password", Locale: "en", Audiences: []string{"agents"}}, []string{"salaries", "password"}},
		{"what is for agents, for others", index.Query{Text: "customer password staff", Locale: "en"}, []string{"password"}},
		{"another language", index.Query{Text: "contrasena", Locale: "es-MX"}, []string{"contraseña"}},
		{"a script without spaces", index.Query{Text: "忘记密码", Locale: "zh"}, []string{"密码"}},
		{"any language", index.Query{Text: "contraseña"}, []string{"contraseña"}},
		{"a language without articles asks all", index.Query{Text: "invoice", Locale: "fr"}, []string{"invoice"}},
		{"nothing fits", index.Query{Text: "weather tomorrow", Locale: "en"}, []string{}},
		{"stop words only", index.Query{Text: "how do I", Locale: "en"}, []string{}},
		{"no words", index.Query{Text: "?!", Locale: "en"}, []string{}},
	}
	x := helpCentre()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := x.Begin(tt.query).Results(nil, 5)
			assert.Equal(t, tt.want, ids(got))
			for _, r := range got {
				assert.Greater(t, r.Answerable, 0.0)
				assert.Less(t, r.Answerable, 1.0)
			}
		})
	}
}

// The French "comment" asks how; it has nothing to do with comments.
func TestWordsThatSayNothingInTheLanguageOfTheQuestion(t *testing.T) {
	t.Parallel()
	x := index.Build([]index.Article{
		{ID: "rating", Locale: "en", Title: "Rate an answer", Chunks: passage(1, "Give one to five points and write a comment.")},
		{ID: "card", Locale: "en", Title: "Bank cards", Chunks: passage(2, "Choose a card.")},
	})
	for _, locale := range []string{"fr", ""} {
		assert.Empty(t, ids(x.Begin(index.Query{Text: "Comment puis-je annuler mes achats ?", Locale: locale}).Results(nil, 5)), locale)
	}
	assert.Equal(t, []string{"rating"}, ids(x.Begin(index.Query{Text: "comment", Locale: "fr"}).Results(nil, 5)), "a word is too little to tell its language")
	assert.Equal(t, []string{"rating"}, ids(x.Begin(index.Query{Text: "Where is the comment?"}).Results(nil, 5)))
}

func TestSearchPicksThePassage(t *testing.T) {
	t.Parallel()
	got := helpCentre().Begin(index.Query{Text: "password e-mail does not arrive", Locale: "en"}).Results(nil, 1)
	require.Len(t, got, 1)
	assert.EqualValues(t, 2, got[0].Chunk)
}

func TestCosinesFindWhatWordsDoNot(t *testing.T) {
	t.Parallel()
	s := helpCentre().Begin(index.Query{Text: "what I owe", Locale: "en"})
	assert.Empty(t, s.Results(nil, 5))
	assert.Equal(t, []string{"invoice"}, ids(s.Results(map[int64]float64{3: 0.6, 1: 0.1}, 5)))
	head := helpCentre().Begin(index.Query{Text: "what I owe", Locale: "en"}).Results(map[int64]float64{100: 0.6}, 5)
	require.Equal(t, []string{"password"}, ids(head), "the head's cosine speaks for its article")
	assert.EqualValues(t, 1, head[0].Chunk, "but a passage is returned")
}

func TestTextIsSpeltAsInTheArticles(t *testing.T) {
	t.Parallel()
	x := helpCentre()
	assert.Equal(t, "where is my invoice, please?", x.Begin(index.Query{Text: "where is my invocie, please?", Locale: "en"}).Text())
	assert.Equal(t, "qqqq «ü» invoice", x.Begin(index.Query{Text: "qqqq «ü» invoice", Locale: "en"}).Text())
	assert.Empty(t, index.Build(nil).Begin(index.Query{Text: "x"}).Text())
}

func TestLeads(t *testing.T) {
	t.Parallel()
	s := helpCentre().Begin(index.Query{Text: "reset password", Locale: "en"})
	assert.ElementsMatch(t, []int64{1, 2, 100}, s.Leads(10))
	assert.Empty(t, index.Build(nil).Begin(index.Query{Text: "x"}).Leads(10))
}

func TestMarks(t *testing.T) {
	t.Parallel()
	marked := func(text, query, locale string) string {
		var b strings.Builder
		at := 0
		for _, m := range index.Marks(text, query, locale) {
			b.WriteString(text[at:m.Start] + "[" + text[m.Start:m.End] + "]")
			at = m.End
		}
		return b.String() + text[at:]
	}
	assert.Equal(t, "[Resetting] the <[Passwords]>", marked("Resetting the <Passwords>", "how to reset my password", "en"))
	assert.Equal(t, "重置[密码]。", marked("重置密码。", "密码", "zh"))
	assert.Equal(t, "[oublié]", marked("oublié", "OUBLIE", "fr"))
	assert.Equal(t, "nothing", marked("nothing", "", "en"))
}

func TestSnippet(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "one · two", index.Snippet("- one\n- two", "x", "en", 120))
	long := strings.Repeat("Filler words stand here. ", 30) + "The refund arrives within ten days. " + strings.Repeat("More words follow now. ", 30)
	got := index.Snippet(long, "when does my refund arrive", "en", 120)
	assert.Contains(t, got, "refund arrives within ten days")
	assert.LessOrEqual(t, len([]rune(got)), 120)
	assert.True(t, strings.HasPrefix(got, "…"))
	assert.Equal(t, "Short text.", index.Snippet("Short\ntext.", "x", "en", 120))
	start := index.Snippet(long, "absent", "en", 50)
	assert.True(t, strings.HasPrefix(start, "Filler words"))
	chinese := index.Snippet(strings.Repeat("文字", 200)+"退款"+strings.Repeat("文字", 200), "退款", "zh", 60)
	assert.LessOrEqual(t, len([]rune(chinese)), 60)
}

func FuzzSearch(f *testing.F) {
	f.Add("reset password", "Some text about a password.")
	x := helpCentre()
	f.Fuzz(func(t *testing.T, query, text string) {
		for _, r := range x.Begin(index.Query{Text: query}).Results(nil, 3) {
			if r.Answerable < 0 || r.Answerable > 1 {
				t.Fatalf("answerable %f for %q", r.Answerable, query)
			}
		}
		if n := len([]rune(index.Snippet(text, query, "en", 40))); n > 40 {
			t.Fatalf("snippet of %d characters", n)
		}
	})
}

// TestChangesOneByOne holds an index that was changed article by article
// against one that was made of what is there in the end.
func TestChangesOneByOne(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("invoice payment card refund password login phone code account delete change address order parcel return late broken")
	text := func(n int) string {
		out := make([]string, n)
		for i := range out {
			out[i] = words[random.IntN(len(words))]
		}
		return strings.Join(out, " ")
	}
	now := map[string]index.Article{}
	x := index.Build(nil)
	id := int64(0)
	for range 600 {
		name := fmt.Sprintf("article%02d", random.IntN(40))
		if random.IntN(4) == 0 {
			delete(now, name)
			x.Drop(name)
			continue
		}
		a := index.Article{ID: name, Locale: "en", Title: text(3), Head: id + 1, Chunks: []index.Chunk{{ID: id + 2, Text: text(20)}, {ID: id + 3, Text: text(9)}}}
		id += 3
		now[name] = a
		x.Put(&a)
	}
	var list []index.Article
	for _, name := range slices.Sorted(maps.Keys(now)) {
		list = append(list, now[name])
	}
	fresh := index.Build(list)
	require.Equal(t, len(list), x.Articles())
	for range 50 {
		q := index.Query{Text: text(4), Locale: "en"}
		cosines := map[int64]float64{id: 0.5, 1: 0.9} // of a chunk that is there, perhaps, and of one that has long gone
		want, got := fresh.Begin(q).Results(cosines, 40), x.Begin(q).Results(cosines, 40)
		require.Len(t, got, len(want), q.Text)
		scores := map[string]float64{}
		for _, r := range want {
			scores[r.Article] = r.Score
		}
		for _, r := range got {
			assert.InDelta(t, scores[r.Article], r.Score, 0.05, "the n-grams' weights may be a little old")
		}
	}
}

func TestSearchesGoOnWhileTheIndexChanges(t *testing.T) {
	t.Parallel()
	x := helpCentre()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 300 {
			x.Put(&index.Article{ID: fmt.Sprint(i % 7), Locale: "en", Title: "Reset", Chunks: passage(int64(1000+i), "Reset the password.")})
			x.Drop(fmt.Sprint((i + 3) % 7))
		}
	}()
	for range 300 {
		s := x.Begin(index.Query{Text: "reset password", Locale: "en"})
		s.Leads(5)
		assert.NotEmpty(t, s.Results(map[int64]float64{1: 0.4}, 5))
	}
	<-done
}

func TestMeant(t *testing.T) {
	t.Parallel()
	x := helpCentre()
	for text, want := range map[string]string{
		"where is my invocie?": "where is my invoice?",
		"resetpassword":        "reset password",
		"reset my password":    "",
		"qwertzuiop":           "",
	} {
		assert.Equal(t, want, x.Begin(index.Query{Text: text, Locale: "en"}).Meant(), text)
	}
}

// TestLearn: where the right article is the one with the nearest meaning,
// meaning gets more weight, and less where it is not; never much.
func TestLearn(t *testing.T) {
	t.Parallel()
	x := helpCentre()
	samples := func(nearest map[int64]float64, worth float64) (out []index.Sample) {
		for range 200 {
			s := x.Begin(index.Query{Text: "reset the password or the invoice", Locale: "en"})
			sample, ok := s.Sample(nearest, "invoice", worth)
			require.True(t, ok)
			out = append(out, sample)
		}
		return out
	}
	near, far := map[int64]float64{3: 0.6, 1: 0.1}, map[int64]float64{3: 0.1, 1: 0.6}
	usual := index.DefaultWeights()
	assert.Equal(t, usual, index.Learn(nil, nil))
	more := index.Learn(samples(near, 1), nil)
	less := index.Learn(samples(far, 1), nil)
	assert.Greater(t, more.Dense, usual.Dense)
	assert.Less(t, less.Dense, usual.Dense)
	assert.LessOrEqual(t, more.Dense, 2*usual.Dense)
	assert.Less(t, index.Learn(samples(near, -1), nil).Dense, usual.Dense, "the nearest was wrong")
	assert.Greater(t, index.Learn(samples(far, -1), nil).Dense, usual.Dense, "the farthest was wrong")
	_, ok := x.Begin(index.Query{Text: "invoice", Locale: "en"}).Sample(nil, "absent", 1)
	assert.False(t, ok)
}

// TestLearnedWeightsAreTried: whatever the samples say, the right articles of
// those held out are found no later than under the usual weights.
func TestLearnedWeightsAreTried(t *testing.T) {
	t.Parallel()
	x := helpCentre()
	sample := func(query, article string, cosines map[int64]float64, worth float64) index.Sample {
		t.Helper()
		s, ok := x.Begin(index.Query{Text: query, Locale: "en"}).Sample(cosines, article, worth)
		require.True(t, ok)
		return s
	}
	usual := index.DefaultWeights()
	reached := map[bool]int{}
	for i := range 20 {
		near := float64(i) / 20
		// Learned from: meaning misleads. Held out: meaning is what finds the article.
		misled := make([]index.Sample, 300)
		for n := range misled {
			misled[n] = sample("reset the password or the invoice", "invoice", map[int64]float64{3: 0.1, 1: 0.6}, 1)
		}
		held := []index.Sample{sample("invoice or passwords", "password", map[int64]float64{1: near}, 1)}
		w := index.Learn(misled, held)
		assert.GreaterOrEqual(t, index.MeanReciprocal(held, w), index.MeanReciprocal(held, usual), "near %.2f", near)
		free := index.Learn(misled, nil)
		worse := index.MeanReciprocal(held, free) < index.MeanReciprocal(held, usual)
		reached[worse]++
		assert.Equal(t, worse, w != free, "near %.2f: it is held back when it would be worse, and not otherwise", near)
	}
	assert.Positive(t, reached[true], "the check had something to stop")
	assert.Positive(t, reached[false])
}

func TestAHiddenTitleDoesNotFindItself(t *testing.T) {
	t.Parallel()
	x := index.Build([]index.Article{
		{ID: "a", Locale: "en", Title: "Zanzibar", Chunks: passage(1, "Nothing of the kind.")}, {ID: "b", Locale: "en", Title: "Other", Chunks: passage(2, "A trip to Zanzibar.")},
	})
	assert.ElementsMatch(t, []string{"a", "b"}, ids(x.Begin(index.Query{Text: "Zanzibar", Locale: "en"}).Results(nil, 5)))
	assert.Equal(t, []string{"b"}, ids(x.Begin(index.Query{Text: "Zanzibar", Locale: "en", Hidden: "a"}).Results(nil, 5)))
}
