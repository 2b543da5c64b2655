package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Habits are how somebody talks. The chances are in hundredths, for each thing
// said.
type Habits struct {
	Window int           // commands that may wait for their acknowledgement; 0 means 4
	Pause  time.Duration // the longest between two things said; 0 means 100 ms
	Cut    int           // that the connection breaks
	Leave  int           // that they hang up, for Away at most
	Away   time.Duration
	Repeat int  // that something said before is sent again
	Note   int  // that it is a note for other agents; of agents only
	Opens  int  // that another conversation is opened; of visitors only
	Long   bool // some kilobytes at a time
}

// talker is somebody who talks.
type talker struct {
	Habits
	c     *Client
	convs []string
	rand  *rand.Rand
	past  []remark
	n     int
}

type remark struct{ conv, cid, text string }

// Talk says things in the conversations until ctx ends, as the seed decides.
// Each thing is said once; whether it was heard is the client's business.
func Talk(ctx context.Context, c *Client, convs []string, h Habits, seed uint64) {
	if h.Window == 0 {
		h.Window = 4
	}
	if h.Pause == 0 {
		h.Pause = 100 * time.Millisecond
	}
	t := &talker{Habits: h, c: c, convs: convs, rand: rand.New(rand.NewPCG(seed, 2))}
	for pause(ctx, t.some(h.Pause)) == nil {
		t.fidget(ctx)
		if t.say(ctx) != nil {
			return
		}
		t.n++
	}
}

// Echo says everything through both clients of one person, in another order
// through the second, and some of it several times.
func Echo(ctx context.Context, both [2]*Client, conv string, h Habits, seed uint64) {
	const atOnce = 5
	t := &talker{Habits: h, c: both[0], rand: rand.New(rand.NewPCG(seed, 2))}
	for pause(ctx, t.some(atOnce*h.Pause)) == nil {
		var said []remark
		for range atOnce {
			said = append(said, remark{conv, fmt.Sprintf("s%d", t.n), text(t.c.Name, t.n, t.rand)})
			t.n++
		}
		for _, i := range t.rand.Perm(2 * atOnce) {
			r := said[i/2]
			if both[i%2].Say(ctx, r.conv, r.cid, r.text, 4*atOnce) != nil {
				return
			}
			if t.chance(30) {
				both[t.rand.IntN(2)].Repeat(ctx, r.conv, r.cid, r.text)
			}
			if t.chance(t.Cut) {
				both[t.rand.IntN(2)].Cut()
			}
		}
	}
}

func (t *talker) chance(hundredths int) bool { return t.rand.IntN(100) < hundredths }

func (t *talker) some(most time.Duration) time.Duration {
	return time.Duration(t.rand.Int64N(int64(most)))
}

// fidget does what people and networks do beside talking.
func (t *talker) fidget(ctx context.Context) {
	if t.chance(t.Cut) {
		t.c.Cut()
	}
	if t.chance(t.Leave) {
		t.c.HangUp(t.some(t.Away))
	}
	if len(t.past) > 0 && t.chance(t.Repeat) {
		again := t.past[t.rand.IntN(len(t.past))]
		t.c.Repeat(ctx, again.conv, again.cid, again.text)
	}
}

// say opens a conversation now and then, and says something in one of them.
func (t *talker) say(ctx context.Context) error {
	if !t.c.Staff && t.chance(t.Opens) {
		conv, err := t.c.Open(ctx, fmt.Sprintf("o%d", t.n), text(t.c.Name, t.n, t.rand))
		if err != nil {
			return err
		}
		t.convs = append(t.convs, conv)
	}
	next := remark{t.convs[t.rand.IntN(len(t.convs))], fmt.Sprintf("s%d", t.n), text(t.c.Name, t.n, t.rand)}
	if t.Long {
		next.text += strings.Repeat(" and so on", 800)
	}
	if t.c.Staff && t.chance(t.Note) {
		next.text = notePrefix + next.text
	}
	t.past = append(t.past, next)
	return t.c.Say(ctx, next.conv, next.cid, next.text, t.Window)
}

// text is what somebody says: short most of the time, and sometimes with what
// encoders stumble over.
func text(name string, n int, rng *rand.Rand) string {
	s := fmt.Sprintf("%s says %d", name, n)
	switch rng.IntN(8) {
	case 0:
		return s + " " + strings.Repeat("and more ", rng.IntN(200))
	case 1:
		return s + " \"quoted\" <b>&amp;</b> \\n é 你好 \u2028 🙂"
	}
	return s
}
