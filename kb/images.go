package kb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"

	"parley/internal/errs"
	"parley/kb/source"
)

const (
	maxImage    = 5 << 20 // bytes
	imagePath   = "/help/media/"
	imagePrefix = "kb-" // of the object's id
)

// imageStore finds the pictures of a folder and where they will be served.
type imageStore struct {
	dir   fs.FS
	byRef map[string]string // path in the folder → id, "" for what is no picture

	stored map[string]bool // ids
}

func newImageStore(dir fs.FS) *imageStore {
	return &imageStore{dir: dir, byRef: map[string]string{}, stored: map[string]bool{}}
}

// address names a picture by its content: it may be kept for ever, and two
// imports of it are one. What is no picture of a known type has no address.
func (s *imageStore) address(name string) string {
	id, known := s.byRef[name]
	if !known {
		if body, err := fs.ReadFile(s.dir, name); err == nil && len(body) <= maxImage && imageType(body) != "" {
			sum := sha256.Sum256(body)
			id = hex.EncodeToString(sum[:16])
		}
		s.byRef[name] = id
	}
	if id == "" {
		return ""
	}
	return imagePath + id + strings.ToLower(path.Ext(name))
}

// imageType is a picture's type by its content, "" for anything that a browser
// might take for more than a picture.
func imageType(body []byte) string {
	switch t := http.DetectContentType(body); t {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return t
	}
	return ""
}

// storeImages puts the pictures that articles show into the object store.
func (s *Service) storeImages(ctx context.Context, images *imageStore, list []source.Article) error {
	for _, a := range list {
		for _, img := range a.Images {
			if err := s.storeImage(ctx, images, img.Path); err != nil {
				return err
			}
		}
	}
	return nil
}

// storeImage stores a picture that has an address.
func (s *Service) storeImage(ctx context.Context, images *imageStore, name string) error {
	id := images.byRef[name]
	if images.stored[id] {
		return nil
	}
	body, err := fs.ReadFile(images.dir, name)
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "the picture %s cannot be read", name)
	}
	if _, err := s.bus.PutObject(ctx, imagePrefix+id, map[string]string{"type": imageType(body)}, bytes.NewReader(body)); err != nil {
		return fmt.Errorf("store the picture %s: %w", name, err)
	}
	images.stored[id] = true
	return nil
}

// image serves a picture of an article.
func (s *Service) image(c *fiber.Ctx) error {
	id, _, _ := strings.Cut(c.Params("name"), ".")
	if _, err := hex.DecodeString(id); err != nil || len(id) != 32 {
		return errs.New(errs.NotFound, "there is no such picture")
	}
	object, meta, err := s.bus.GetObject(c.UserContext(), imagePrefix+id)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(object, maxImage))
	if closeErr := object.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("read picture %s: %w", id, err)
	}
	c.Set(fiber.HeaderContentType, meta["type"])
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	return c.Send(body)
}
