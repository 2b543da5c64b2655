package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTag(t *testing.T) {
	t.Parallel()
	want := tag{conv: 17, n: 4242, at: 1_234_567_890}
	object := append([]byte(`{"type":"ack","cid":"`), want.append(nil)...)
	got, ok := tagOf(append(object, `","seq":3}`...))
	require.True(t, ok)
	require.Equal(t, want, got)
	for _, other := range []string{``, `{}`, `{"cid":"b"}`, `{"cid":"b1-2"}`, `{"cid":"b1-2-"}`, `{"cid":"b-2-3"}`, `{"cid":"b1-2-3x"}`, `{"cid":"b1-2-3`, `{"cid":"end"}`} {
		_, ok := tagOf([]byte(other))
		require.False(t, ok, other)
	}
}

func TestScan(t *testing.T) {
	t.Parallel()
	object := []byte(`{"type":"event","conv":"kq3b","seq":45,"prev":0}`)
	require.True(t, is(object, "event"))
	require.False(t, is(object, "eve"))
	require.False(t, is(nil, "event"))
	require.Equal(t, "kq3b", string(convOf(object)))
	seq, ok := number(object, `"seq":`)
	require.True(t, ok)
	require.Equal(t, 45, seq)
	_, ok = number(object, `"none":`)
	require.False(t, ok)
}

func FuzzTag(f *testing.F) {
	f.Add([]byte(`{"type":"ack","cid":"b1-2-3"}`))
	f.Fuzz(func(t *testing.T, object []byte) {
		if g, ok := tagOf(object); ok {
			again, ok := tagOf(append(g.append([]byte(`"cid":"`)), '"'))
			require.True(t, ok)
			require.Equal(t, g, again)
		}
	})
}

func TestSet(t *testing.T) {
	t.Parallel()
	var s set
	for _, n := range []int{0, 5, 63, 64, 1000} {
		require.True(t, s.add(n))
		require.False(t, s.add(n), "twice")
	}
}

func TestHistogram(t *testing.T) {
	t.Parallel()
	var h histogram
	require.Zero(t, h.quantile(0.5))
	for i := 1; i <= 1000; i++ {
		h.add(time.Duration(i) * time.Microsecond)
	}
	require.EqualValues(t, 1000, h.count())
	for _, q := range []float64{0.5, 0.99, 0.999} {
		exact := time.Duration(q*1000) * time.Microsecond
		require.InEpsilon(t, exact, h.quantile(q), 0.02)
	}
	for d := time.Duration(1); d < time.Hour; d = d*3 + 1 {
		require.LessOrEqual(t, d, upper(bucketOf(d)))
		require.Equal(t, bucketOf(d), bucketOf(upper(bucketOf(d))))
	}
}

func TestSums(t *testing.T) {
	t.Parallel()
	got := sums([]byte("# HELP x y\n# TYPE x counter\nx 1.5\ny{a=\"b c\",d=\"}\"} 2\ny{a=\"e\"} 3e2\nbroken\n"))
	require.Equal(t, map[string]float64{"x": 1.5, "y": 302}, got)
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, refusal([]byte(`{"type":"error","code":"rate_limited","message":"slow down"}`)), "--rate-visitor 0")
	require.ErrorContains(t, refusal([]byte(`{"type":"bye","code":4429,"reason":"too many"}`)), "--rate-address 0")
	require.ErrorContains(t, refusal([]byte(`{"type":"error","code":"not_found","message":"no"}`)), "not_found no")
	require.ErrorContains(t, refused(429, ""), "--rate-address 0")
}
