package bot

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func demoModel(t testing.TB) (*Model, map[string]string) {
	t.Helper()
	list, err := demoIntents()
	require.NoError(t, err)
	m, err := Train(t.Context(), samples(list), nil, trainSeed)
	require.NoError(t, err)
	names := map[string]string{}
	for _, i := range list {
		names[i.ID] = i.Name
	}
	return m, names
}

func TestDemoIntentsAreUnderstood(t *testing.T) {
	t.Parallel()
	m, names := demoModel(t)
	for text, want := range map[string]string{
		"whats parley?":                                "what_is_parley",
		"how can i put this chat on my own site":       "embed_widget",
		"hwo do i instal this on ubunto":               "install_parley",
		"I cant sign in to the console, forgot the pw": "agent_password",
		"is my data safe with you":                     "data_and_privacy",
		"my invoice is wrong":                          "invoice_questions",
		"was kostet das ganze":                         "kosten",
		"wie kann ich das in meine webseite einbauen":  "widget_einbauen",
	} {
		p := m.Predict(text, "")
		assert.Equal(t, want, names[p.Guesses[0].Intent], text)
		assert.Greater(t, p.Confidence(), 0.5, text)
	}
	for _, text := range []string{
		"what is the weather in berlin", "do you like cats", "what's the capital of France", "asdf qwer", "who won the world cup",
		"reset two factor authentication", "track my order", "12345",
	} {
		p := m.Predict(text, "")
		assert.Less(t, p.Confidence(), 0.4, text)
	}
}

func TestTrainingIsDeterministic(t *testing.T) { //nolint:paralleltest // it changes the number of processors
	one, _ := demoModel(t)
	before := runtime.GOMAXPROCS(1)
	two, _ := demoModel(t)
	runtime.GOMAXPROCS(before)
	require.Equal(t, one.weights, two.weights)
	require.Equal(t, one.scale, two.scale)
	require.Equal(t, one.bias, two.bias)
	require.Equal(t, one.typical, two.typical)
	require.Equal(t, one.scope, two.scope)
	require.InDelta(t, one.sharp, two.sharp, 0)
}

func TestPredictAllocatesNothing(t *testing.T) { //nolint:paralleltest // allocations of others would be counted
	m, _ := demoModel(t)
	text := "How do I get the chat window onto our website, and what does it cost?"
	r := m.newReader() // sync.Pool, which keeps them, drops some at random under the race detector
	m.predict(text, nil, r)
	assert.Zero(t, testing.AllocsPerRun(100, func() { m.predict(text, nil, r) }))
}

func TestSmallSetsAreLearned(t *testing.T) {
	t.Parallel()
	for n := range 6 {
		t.Run(fmt.Sprint(n, " intents"), func(t *testing.T) {
			t.Parallel()
			var samples []Sample
			for i := range n {
				for _, text := range []string{"alpha beta %d gamma", "%d delta", "about %d please"} {
					samples = append(samples, Sample{fmt.Sprintf(text, 111*i), fmt.Sprint("intent", i)})
				}
			}
			m, err := Train(t.Context(), samples, nil, 1)
			require.NoError(t, err)
			require.Len(t, m.Intents(), n)
			p := m.Predict("tell me about 111 please", "")
			if n == 0 {
				require.Zero(t, p)
				return
			}
			if n > 1 {
				assert.Equal(t, "intent1", p.Guesses[0].Intent)
			}
			q := m.Predict("zzz", "")
			assert.Greater(t, p.InScope, q.InScope)
			var sum float64
			for _, g := range p.Guesses {
				sum += g.Probability
			}
			assert.LessOrEqual(t, sum, 1.0001)
		})
	}
}

func TestOneExampleAnIntentIsEnoughToTrain(t *testing.T) {
	t.Parallel()
	var samples []Sample
	for i := range 8 {
		samples = append(samples, Sample{strings.Repeat(string(rune('a'+i)), 5), fmt.Sprint(i)})
	}
	samples = append(samples, Sample{"", "0"}, Sample{"!?", "1"})
	m, err := Train(t.Context(), samples, nil, 1)
	require.NoError(t, err)
	p := m.Predict("ddddd", "")
	assert.Equal(t, "3", p.Guesses[0].Intent)
}

func TestTrainingStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Train(ctx, []Sample{{"a", "b"}}, nil, 1)
	require.ErrorIs(t, err, context.Canceled)
}

func FuzzPredict(f *testing.F) {
	m, _ := demoModel(f)
	f.Add("how do I install it")
	f.Add("\xff\x00我的卡👍🏽")
	f.Fuzz(func(t *testing.T, text string) {
		p := m.Predict(text, "")
		require.Equal(t, p, m.Predict(text, ""))
		require.GreaterOrEqual(t, p.InScope, 0.0)
		require.LessOrEqual(t, p.InScope, 1.0)
		require.GreaterOrEqual(t, p.Guesses[0].Probability, p.Guesses[1].Probability)
		require.GreaterOrEqual(t, p.Guesses[1].Probability, p.Guesses[2].Probability)
		require.LessOrEqual(t, p.Guesses[0].Probability, 1.0001)
	})
}
