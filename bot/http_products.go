package bot

import (
	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
	"parley/internal/httpd"
)

func (s *Service) productRoutes(api fiber.Router) {
	httpd.Handle(api, fiber.MethodGet, "/bot/products", httpd.Agent, s.getProducts)
	httpd.Handle(api, fiber.MethodPost, "/bot/products", httpd.Supervisor, s.postProduct)
	httpd.Handle(api, fiber.MethodGet, "/bot/products/export", httpd.Agent, s.getProductFile)
	httpd.Handle(api, fiber.MethodPost, "/bot/products/import", httpd.Supervisor, s.postProductFile)
	httpd.Handle(api, fiber.MethodPatch, "/bot/products/:id", httpd.Supervisor, s.patchProduct)
	httpd.Handle(api, fiber.MethodDelete, "/bot/products/:id", httpd.Supervisor, s.deleteProduct)
}

func (s *Service) getProducts(c *fiber.Ctx) error {
	list, err := s.Products(c.UserContext())
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"products": list})
}

// getProductFile sends the list as ?format=csv (the default) or tsv.
func (s *Service) getProductFile(c *fiber.Ctx) error {
	format, media := ProductFormat(c.Query("format", string(ProductsCSV))), "text/csv"
	switch format {
	case ProductsCSV:
	case ProductsTSV:
		media = "text/tab-separated-values"
	default:
		return errs.Field("format", "must be csv or tsv")
	}
	data, err := s.ExportProducts(c.UserContext(), format)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, media+"; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="products.`+string(format)+`"`)
	return c.Send(data)
}

type productFileBody struct {
	File   string `json:"file"`    // CSV or TSV
	DryRun bool   `json:"dry_run"` // only tell what would happen
	Skip   bool   `json:"skip"`    // leave out lines that are refused
}

func (s *Service) postProductFile(c *fiber.Ctx) error {
	var body productFileBody
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	report, err := s.ImportProducts(c.UserContext(), httpd.Viewer(c).Name, []byte(body.File), ProductImport{DryRun: body.DryRun, Skip: body.Skip})
	if err != nil {
		return err
	}
	return c.JSON(report)
}

// productBody is what an author may set; a field that is left out keeps its
// value, in a new product the empty one.
type productBody struct {
	Name     *string   `json:"name"`
	Synonyms *[]string `json:"synonyms"`
}

func (b *productBody) apply(p *Product) {
	set(&p.Name, b.Name)
	set(&p.Synonyms, b.Synonyms)
}

func (s *Service) postProduct(c *fiber.Ctx) error {
	var body productBody
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	var p Product
	body.apply(&p)
	made, err := s.CreateProduct(c.UserContext(), httpd.Viewer(c).Name, p)
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(made)
}

func (s *Service) patchProduct(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	var body productBody
	if err := httpd.Bind(c, &body); err != nil {
		return err
	}
	changed, err := s.UpdateProduct(c.UserContext(), httpd.Viewer(c).Name, id, body.apply)
	if err != nil {
		return err
	}
	return c.JSON(changed)
}

func (s *Service) deleteProduct(c *fiber.Ctx) error {
	id, err := httpd.PathID(c, "id")
	if err != nil {
		return err
	}
	if err := s.DeleteProduct(c.UserContext(), id); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
