package bot

import (
	"github.com/gofiber/fiber/v2"

	"parley/internal/httpd"
)

func (s *Service) productRoutes(api fiber.Router) {
	httpd.Handle(api, fiber.MethodGet, "/bot/products", httpd.Agent, s.getProducts)
	httpd.Handle(api, fiber.MethodPost, "/bot/products", httpd.Supervisor, s.postProduct)
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
