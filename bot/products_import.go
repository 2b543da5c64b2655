package bot

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/ids"
	"parley/internal/pg"
)

// ProductImport says what an import of products does.
type ProductImport struct {
	DryRun bool // nothing is changed, only told
	Skip   bool // lines that are refused are left out; without it they refuse the file
}

// ProductReport says by lines of the file what an import does with them. Products
// that the file does not name stay.
type ProductReport struct {
	Added     []ImportedProduct `json:"added"`
	Changed   []ImportedProduct `json:"changed"`
	Refused   []RefusedLine     `json:"refused"`
	Unchanged int               `json:"unchanged"` // lines that say what is there already
	Applied   bool              `json:"applied"`   // the list is so now
}

// ImportedProduct is a product as a line of the file makes it.
type ImportedProduct struct {
	Line     int          `json:"line"` // from 1, where it begins
	Name     string       `json:"name"`
	Synonyms []string     `json:"synonyms"`
	Before   *productBack `json:"before,omitempty"` // what it is now; nil for a new one
}

type productBack struct {
	Name     string   `json:"name"`
	Synonyms []string `json:"synonyms"`
}

// RefusedLine is a line that makes no product.
type RefusedLine struct {
	Line   int    `json:"line"` // from 1, where it begins
	Name   string `json:"name"` // "" where none can be read
	Code   string `json:"code"` // quotes, text, empty, long, many, invalid, twice, full
	Reason string `json:"reason"`
}

// ExportProducts writes all products, by name, as [Service.ImportProducts] reads
// them: what is exported and imported again changes nothing.
func (s *Service) ExportProducts(ctx context.Context, format ProductFormat) ([]byte, error) {
	list, err := s.Products(ctx)
	if err != nil {
		return nil, err
	}
	return writeProducts(list, format)
}

// ImportProducts adds the products of a file to the list, or gives those of the
// same name, whatever its case, the other names that the file has; a line with
// nothing but a name leaves those that there are. errs.Invalid when lines are
// refused and how does not leave them out.
func (s *Service) ImportProducts(ctx context.Context, author string, data []byte, how ProductImport) (ProductReport, error) {
	lines, err := readProducts(data)
	if err != nil {
		return ProductReport{}, err
	}
	if how.DryRun {
		list, err := s.Products(ctx)
		if err != nil {
			return ProductReport{}, err
		}
		report, _ := mergeProducts(list, lines)
		return report, nil
	}
	var report ProductReport
	err = s.changeProducts(ctx, func(tx pgx.Tx) error {
		if err := lockProducts(ctx, tx); err != nil {
			return err
		}
		list, err := allProducts(ctx, tx)
		if err != nil {
			return err
		}
		var save []Product
		if report, save = mergeProducts(list, lines); len(report.Refused) > 0 && !how.Skip {
			first := report.Refused[0]
			return errs.Field("file", "has %d lines that cannot be taken; line %d: %s", len(report.Refused), first.Line, first.Reason)
		}
		for i := range save {
			save[i].UpdatedBy, save[i].UpdatedAt = author, s.now()
		}
		return saveProducts(ctx, tx, save)
	})
	if err != nil {
		return ProductReport{}, pg.Map(err)
	}
	report.Applied = true
	return report, nil
}

// mergeProducts compares the lines of a file with the list. save are the products
// to store.
func mergeProducts(list []Product, lines []productLine) (report ProductReport, save []Product) {
	report = ProductReport{Added: []ImportedProduct{}, Changed: []ImportedProduct{}, Refused: []RefusedLine{}}
	known, taken, left := namesOf(list), map[string]int{}, maxProducts-len(list)
	for i := range lines {
		l := &lines[i]
		old := known.find(l.name)
		key := "new " + strings.ToLower(l.name)
		if old != nil {
			key = "id " + old.ID
		}
		switch {
		case l.problem != nil:
		case taken[key] > 0:
			l.problem = problem(lineTwice, "line %d has the product already", taken[key])
		case old == nil && left == 0:
			l.problem = problem(lineTooMuch, "the list has its %d products; remove some first", maxProducts)
		}
		if l.problem != nil {
			report.Refused = append(report.Refused, RefusedLine{l.line, l.name, l.problem.code, l.problem.reason})
			continue
		}
		taken[key] = l.line
		made := ImportedProduct{Line: l.line, Name: l.name, Synonyms: l.synonyms}
		switch {
		case old == nil:
			left--
			report.Added = append(report.Added, made)
			save = append(save, Product{ID: ids.New(), Name: made.Name, Synonyms: made.Synonyms})
		case old.Name == l.name && (l.bare || slices.Equal(old.Synonyms, l.synonyms)):
			report.Unchanged++
		default:
			if l.bare {
				made.Synonyms = old.Synonyms
			}
			made.Before = &productBack{old.Name, old.Synonyms}
			report.Changed = append(report.Changed, made)
			save = append(save, Product{ID: old.ID, Name: made.Name, Synonyms: made.Synonyms})
		}
	}
	return report, save
}

// productNames finds products by name.
type productNames struct{ exact, folded map[string]*Product }

func namesOf(list []Product) productNames {
	n := productNames{map[string]*Product{}, map[string]*Product{}}
	for i := range list {
		n.exact[list[i].Name], n.folded[strings.ToLower(list[i].Name)] = &list[i], &list[i]
	}
	return n
}

// find returns the product of the name, or else of that name in another case,
// nil for none. The database may know more cases of a letter than Go: two names
// that are one here can both be there.
func (n productNames) find(name string) *Product {
	if p := n.exact[name]; p != nil {
		return p
	}
	return n.folded[strings.ToLower(name)]
}
