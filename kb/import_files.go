package kb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"parley/internal/errs"
	"parley/internal/pg"
	"parley/kb/source"
)

// folderFiles are the files beside the articles of a folder that is imported:
// downloads, videos and captions. The folder's file system lets nothing outside
// be read.
type folderFiles struct {
	service *Service
	dir     fs.FS
	images  *imageStore
	author  string
	byPath  map[string]string // path in the folder → id of the content, "" for what is no file
	stored  map[string]bool   // ids
}

func (s *Service) newFolderFiles(dir fs.FS, images *imageStore, author string) *folderFiles {
	return &folderFiles{service: s, dir: dir, images: images, author: author, byPath: map[string]string{}, stored: map[string]bool{}}
}

// address names a file by its content, "" for what is no file of a size that may
// be uploaded.
func (f *folderFiles) address(name string) string {
	id, known := f.byPath[name]
	if !known {
		id = f.measure(name)
		f.byPath[name] = id
	}
	if id == "" {
		return ""
	}
	return filePath + id + ending(path.Base(name))
}

// linked is the address of a file that a text links to: of those that an export
// has written. Whatever else lies in a folder is not for readers.
func (f *folderFiles) linked(name string) string {
	if path.Dir(name) != fileFolder || !exportedFile.MatchString(path.Base(name)) {
		return ""
	}
	return f.address(name)
}

func (f *folderFiles) measure(name string) string {
	info, err := fs.Stat(f.dir, name)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 || info.Size() > f.service.cfg.MaxFile {
		return ""
	}
	in, err := f.dir.Open(name)
	if err != nil {
		return ""
	}
	defer func() { _ = in.Close() }() // it was only read
	sum := sha256.New()
	if _, err := io.Copy(sum, in); err != nil {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))[:32]
}

// bring uploads what an article needs and gives it the addresses of that. Paths
// are relative to the article's file; addresses stay as they are.
func (f *folderFiles) bring(ctx context.Context, from *source.Article, e *Extra) error {
	for i := range e.Files {
		if err := f.bringFile(ctx, from.Path, &e.Files[i].URL, e.Files[i].Name); err != nil {
			return err
		}
	}
	if e.Video != nil {
		if err := f.bringFile(ctx, from.Path, &e.Video.URL, ""); err != nil {
			return err
		}
		if err := f.bringPoster(ctx, from.Path, &e.Video.Poster); err != nil {
			return err
		}
		for lang, address := range e.Video.Captions {
			if err := f.bringFile(ctx, from.Path, &address, ""); err != nil {
				return err
			}
			e.Video.Captions[lang] = address
		}
	}
	for _, linked := range from.Files {
		if err := f.store(ctx, linked.Path, ""); err != nil {
			return err
		}
	}
	return nil
}

func (f *folderFiles) bringFile(ctx context.Context, from string, at *string, called string) error {
	name, relative, err := inFolder(from, *at)
	if err != nil || !relative {
		return err
	}
	address := f.address(name)
	if address == "" {
		return errs.New(errs.Invalid, "%s is no file of the folder with 1 byte to %d MiB", *at, f.service.cfg.MaxFile>>20)
	}
	*at = address
	return f.store(ctx, name, called)
}

func (f *folderFiles) bringPoster(ctx context.Context, from string, at *string) error {
	name, relative, err := inFolder(from, *at)
	if err != nil || !relative {
		return err
	}
	address := f.images.address(name)
	if address == "" {
		return errs.New(errs.Invalid, "%s is no picture of the folder with at most %d MiB", *at, maxImage>>20)
	}
	*at = address
	return f.service.storeImage(ctx, f.images, name)
}

// inFolder is what a path in an article's file means; relative is false for an
// address.
func inFolder(from, to string) (name string, relative bool, err error) {
	if to == "" || strings.HasPrefix(to, "/") || strings.Contains(to, "://") {
		return "", false, nil
	}
	name = path.Join(path.Dir(from), to)
	if !fs.ValidPath(name) {
		return "", true, errs.New(errs.Invalid, "%s leads out of the folder", to)
	}
	return name, true, nil
}

// store uploads a file unless its content is there. called is what people call
// it, "" for as its name says.
func (f *folderFiles) store(ctx context.Context, name, called string) (err error) {
	id := f.byPath[name]
	if f.stored[id] {
		return nil
	}
	known, err := filesByID(ctx, f.service.db, []string{id})
	if err != nil {
		return pg.Map(err)
	}
	if _, there := known[id]; !there {
		in, err := f.dir.Open(name)
		if err != nil {
			return errs.Wrap(err, errs.Invalid, "the file %s cannot be read", name)
		}
		added, err := f.service.AddFile(ctx, f.author, orElse(called, uploadedName(path.Base(name))), in)
		if err = errors.Join(err, in.Close()); err != nil {
			return err
		}
		if fileID(added.URL) != id {
			return errs.New(errs.Conflict, "the file %s has changed while it was read; import once more", name)
		}
	}
	f.stored[id] = true
	return nil
}

// uploadedName is what an exported file was called.
func uploadedName(base string) string {
	if m := exportedFile.FindStringSubmatch(base); m != nil {
		return m[1] + m[3]
	}
	return base
}
