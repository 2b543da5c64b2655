package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Examination is how well the bot knows the team's intents, by examples that it
// was not shown: each fifth is read by a model of the other four.
type Examination struct {
	Version   int64       `json:"version"` // of the intents
	Examples  int         `json:"examples"`
	Accuracy  float64     `json:"accuracy"` // part of the examples whose likeliest intent was theirs
	Answered  float64     `json:"answered"` // part for which the bot would be sure enough to answer
	Right     float64     `json:"right"`    // part of those that it would answer rightly
	Intents   []Grade     `json:"intents"`  // the worst first
	Confused  []Confusion `json:"confused"` // the most frequent first
	Threshold float64     `json:"threshold"`
	Few       int         `json:"few"` // an intent with fewer examples is not examined
}

// Grade is how well one intent is known.
type Grade struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Examples  int     `json:"examples"`
	Precision float64 `json:"precision"` // part of the messages given to it that are its own
	Recall    float64 `json:"recall"`    // part of its messages that are given to it
	Examined  bool    `json:"examined"`
}

// Confusion is examples of one intent that are taken for another's.
type Confusion struct {
	Intent   string    `json:"intent"` // id of their own
	Name     string    `json:"name"`
	Other    string    `json:"other"` // id of the one they are taken for
	OtherAs  string    `json:"other_name"`
	Count    int       `json:"count"`
	Examples []Mistake `json:"examples"` // the surest mistakes first, at most five
}

// Mistake is an example that is taken for another intent's.
type Mistake struct {
	Text       string  `json:"text"`
	Confidence float64 `json:"confidence"`
}

const (
	examFolds    = 5
	fewExamples  = 4    // an intent with fewer is not examined
	examMost     = 4000 // examples that are read, evenly chosen
	examMistakes = 5
)

// examine cross-validates the enabled intents of a list.
func examine(ctx context.Context, list []Intent, threshold float64) (Examination, error) {
	out := Examination{Intents: []Grade{}, Confused: []Confusion{}, Threshold: threshold, Few: fewExamples}
	x := newExam(list)
	for fold := range examFolds {
		if err := x.run(ctx, fold); err != nil {
			return out, err
		}
	}
	x.report(&out)
	return out, nil
}

// exam is a cross-validation on its way.
type exam struct {
	intents map[string]*Intent
	inboxes map[string][]string
	samples []Sample // of the intents' examples
	always  []Sample // names and descriptions, which every model is shown
	step    int      // each step-th example is read
	read    []answered
}

type answered struct {
	Sample
	guess      string
	confidence float64
}

func newExam(list []Intent) *exam {
	x := &exam{intents: map[string]*Intent{}, inboxes: inboxesOf(list)}
	for i := range list {
		in := &list[i]
		if !in.Enabled || len(in.Examples) == 0 {
			continue
		}
		x.intents[in.ID] = in
		bare := *in
		bare.Examples = in.Examples[:1]
		x.always = append(x.always, samples([]Intent{bare})[1:]...)
		for _, e := range in.Examples {
			x.samples = append(x.samples, Sample{e, in.ID})
		}
	}
	x.step = 1 + len(x.samples)/examMost
	return x
}

// run trains without a fifth of the examples of each intent that has enough of
// them, and reads that fifth.
func (x *exam) run(ctx context.Context, fold int) error {
	train, test := slices.Clone(x.always), []Sample(nil)
	rank := map[string]int{}
	for _, s := range x.samples {
		n := rank[s.Intent]
		rank[s.Intent]++
		if len(x.intents[s.Intent].Examples) >= fewExamples && n%examFolds == fold {
			test = append(test, s)
		} else {
			train = append(train, s)
		}
	}
	if len(test) == 0 {
		return nil
	}
	m, err := Train(ctx, train, x.inboxes, trainSeed)
	if err != nil {
		return fmt.Errorf("train without a fifth of the examples: %w", err)
	}
	for n, s := range test {
		if n%x.step != 0 {
			continue
		}
		inbox := ""
		if own := x.inboxes[s.Intent]; len(own) > 0 {
			inbox = own[0]
		}
		p := m.Predict(s.Text, inbox)
		x.read = append(x.read, answered{s, p.Guesses[0].Intent, p.Confidence()})
	}
	return nil
}

func (x *exam) report(out *Examination) {
	type pair struct{ own, other string }
	given, own, right := map[string]int{}, map[string]int{}, map[string]int{}
	confused := map[pair][]Mistake{}
	sure, surelyRight, all := 0, 0, 0
	for _, a := range x.read {
		given[a.guess]++
		own[a.Intent]++
		if a.guess == a.Intent {
			right[a.Intent]++
			all++
		} else {
			key := pair{a.Intent, a.guess}
			confused[key] = append(confused[key], Mistake{a.Text, a.confidence})
		}
		if a.confidence >= out.Threshold {
			sure++
			if a.guess == a.Intent {
				surelyRight++
			}
		}
	}
	out.Examples = len(x.read)
	out.Accuracy, out.Answered, out.Right = part(all, len(x.read)), part(sure, len(x.read)), part(surelyRight, sure)
	for id, in := range x.intents {
		out.Intents = append(out.Intents, Grade{
			ID: id, Name: in.Name, Examples: len(in.Examples), Examined: own[id] > 0,
			Precision: part(right[id], given[id]), Recall: part(right[id], own[id]),
		})
	}
	slices.SortFunc(out.Intents, func(a, b Grade) int { return cmp.Or(cmp.Compare(a.Recall, b.Recall), cmp.Compare(a.Name, b.Name)) })
	for key, mistakes := range confused {
		other := x.intents[key.other]
		if other == nil {
			continue // nothing was likely
		}
		slices.SortFunc(mistakes, func(a, b Mistake) int {
			return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(a.Text, b.Text))
		})
		out.Confused = append(out.Confused, Confusion{
			Intent: key.own, Name: x.intents[key.own].Name, Other: key.other, OtherAs: other.Name,
			Count: len(mistakes), Examples: mistakes[:min(len(mistakes), examMistakes)],
		})
	}
	slices.SortFunc(out.Confused, func(a, b Confusion) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name), cmp.Compare(a.OtherAs, b.OtherAs))
	})
}

func part(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}
