package kb

import "context"

// TitlesLearned returns the titles that weights are learned from.
func (s *Service) TitlesLearned(ctx context.Context) (titles []string, err error) {
	list, err := examples(ctx, s.db, s.now())
	for i := range list {
		if list[i].Title {
			titles = append(titles, list[i].Query)
		}
	}
	return titles, err
}
