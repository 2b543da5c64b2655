package bot

import (
	"math"
	"slices"

	"parley/internal/vectors"
)

// Cluster is messages that ask for about the same.
type Cluster struct {
	Title    string   `json:"title"` // the message in the middle
	Near     string   `json:"near"`  // name of the intent that comes nearest, "" when none does
	Messages []Misfit `json:"messages"`
}

const (
	together = 0.5 // cosine with the middle from which a message belongs to a cluster
	nearby   = 0.3 // probability from which an intent is worth naming
)

// center is a cluster that grows.
type center struct {
	sum     [vectors.Dim]float32
	middle  [vectors.Dim]float32 // sum, of length 1
	members []int
}

// clusters puts messages together by their meaning, the largest clusters first.
// A message joins the nearest cluster or begins one; a second round lets each
// choose again among those that there are then. The same messages in the same
// order give the same clusters.
func clusters(table *vectors.Table, list []Misfit) []Cluster {
	senses := make([][vectors.Dim]float32, len(list))
	for i := range list {
		table.Embed(list[i].Text, senses[i][:])
	}
	var centers []*center
	for round := range 2 {
		for _, c := range centers {
			c.members = c.members[:0]
		}
		for i := range senses {
			best, cosine := nearest(centers, &senses[i])
			switch {
			case best != nil && (cosine >= together || round > 0):
				best.members = append(best.members, i)
				if round == 0 {
					best.grow(&senses[i])
				}
			case round == 0:
				c := &center{members: []int{i}}
				c.grow(&senses[i])
				centers = append(centers, c)
			}
		}
	}
	var out []Cluster
	for _, c := range centers {
		if len(c.members) > 0 {
			out = append(out, c.cluster(list, senses))
		}
	}
	slices.SortStableFunc(out, func(a, b Cluster) int { return len(b.Messages) - len(a.Messages) })
	return out
}

func nearest(centers []*center, sense *[vectors.Dim]float32) (best *center, cosine float32) {
	for _, c := range centers {
		if x := product(&c.middle, sense); best == nil || x > cosine {
			best, cosine = c, x
		}
	}
	return best, cosine
}

func (c *center) grow(sense *[vectors.Dim]float32) {
	for i, x := range sense {
		c.sum[i] += x
	}
	c.middle = c.sum
	if length := float32(math.Sqrt(float64(product(&c.sum, &c.sum)))); length > 0 {
		for i := range c.middle {
			c.middle[i] /= length
		}
	}
}

func (c *center) cluster(list []Misfit, senses [][vectors.Dim]float32) Cluster {
	out, best := Cluster{}, float32(-2)
	for _, i := range c.members {
		out.Messages = append(out.Messages, list[i])
		if x := product(&c.middle, &senses[i]); x > best {
			out.Title, best = list[i].Text, x
		}
	}
	return out
}

func product(a, b *[vectors.Dim]float32) (sum float32) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
