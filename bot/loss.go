package bot

import "math"

// settled is the smallest change of a dual variable worth its cost.
const settled = 1e-3

// softmaxLoss is multinomial logistic regression with weight cost on the loss
// against an L2 penalty. Its dual variables are residuals: at the optimum an
// example's are 1 for its label, less the predicted probabilities (Yu, Huang
// and Lin, "Dual coordinate descent methods for logistic regression and maximum
// entropy models", 2011).
type softmaxLoss struct {
	cost float32
	own  []float32 // one a class: scores without the example's own pull
	p    []float32 // one a class: its probabilities
}

func newSoftmaxLoss(cost float32, classes int) *softmaxLoss {
	return &softmaxLoss{cost: cost, own: make([]float32, classes), p: make([]float32, classes)}
}

// step solves the example's own equation p = softmax(own + q*(label - p)), q
// being cost*squared. For a given normaliser t, q*p[k] is the Wright omega
// function of own[k] + q*label[k] + ln(q) - t; the normaliser for which the
// probabilities sum to 1 is found by Newton's method, which approaches it from
// below without overshooting because the sum is convex and falls in t.
func (l *softmaxLoss) step(scores, dual, delta []float32, label int, squared float32) {
	q := l.cost * squared
	logQ := float32(math.Log(float64(q)))
	top := float32(math.Inf(-1))
	for k, s := range scores {
		l.own[k] = s - q*dual[k] + logQ
		if k == label {
			l.own[k] += q
		}
		top = max(top, l.own[k])
	}
	lowest := top - q - logQ // the best class alone has probability 1
	w := q*(1-dual[label]) + 1e-3
	t := max(lowest, l.own[label]-w-float32(math.Log(float64(w)))) // that of the last pass, if nothing changed
	for range 8 {
		var sum, slope float32
		for k, own := range l.own {
			w := wrightOmega(own - t)
			l.p[k] = w / q
			sum += w
			slope += w / (1 + w)
		}
		if excess := sum - q; excess < 0.02*q && excess > -0.02*q {
			break
		}
		t = max(lowest, t+(sum-q)/slope)
	}
	for k, p := range l.p {
		next := -p
		if k == label {
			next = 1 - p
		}
		delta[k] = 0
		if move := next - dual[k]; move < -settled || move > settled {
			dual[k] = next
			delta[k] = l.cost * move
		}
	}
}

// wrightOmega is the w with w + ln(w) = x, to about two digits, which is what
// a pass can use; 0 where it is below 1e-7.
func wrightOmega(x float32) float32 {
	var w float32
	switch {
	case x < -16:
		return 0
	case x > 1:
		w = x - float32(math.Log(float64(x)))
	default:
		w = float32(math.Exp(float64(x)))
		if x < -4 {
			return w * (1 - w)
		}
		w /= 1 + w
	}
	return w * (1 + x - float32(math.Log(float64(w)))) / (1 + w)
}

// hingeLoss is one support vector machine a class against the rest, with
// squared hinge loss of weight cost (Hsieh et al., "A dual coordinate descent
// method for large-scale linear SVM", 2008, algorithm 1, L2 loss).
type hingeLoss struct{ cost float32 }

func (l *hingeLoss) step(scores, dual, delta []float32, label int, squared float32) {
	ridge := 0.5 / l.cost
	for k, s := range scores {
		y := float32(-1)
		if k == label {
			y = 1
		}
		next := max(dual[k]-(y*s-1+ridge*dual[k])/(squared+ridge), 0)
		delta[k] = 0
		if move := next - dual[k]; move < -settled || move > settled {
			dual[k] = next
			delta[k] = y * move
		}
	}
}
