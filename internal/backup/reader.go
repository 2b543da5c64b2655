package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"parley/internal/errs"
)

// Reader reads a backup whose checksums are right. Close it.
type Reader struct {
	root    *os.Root // of a folder
	packed  *os.File // of a tar file
	places  map[string]place
	files   []File
	content json.RawMessage
}

// place is where a file stands in a tar file.
type place struct{ at, size int64 }

// Open opens a backup and checks every file of it. What is no backup, is
// damaged or of a later format is errs.Invalid.
func Open(path string) (*Reader, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "there is no backup at %s", path)
	}
	r := &Reader{}
	if info.IsDir() {
		r.root, err = os.OpenRoot(path) // nothing outside of it is read
	} else {
		err = r.openPacked(path)
	}
	if err == nil {
		err = r.readManifest()
	}
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the backup %s: %w", path, err), r.Close())
	}
	return r, nil
}

func (r *Reader) openPacked(path string) error {
	var err error
	if r.packed, err = os.Open(path); err != nil {
		return err
	}
	r.places = map[string]place{}
	archive := tar.NewReader(r.packed)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errs.Wrap(err, errs.Invalid, "it is not a tar file, or it is damaged")
		}
		at, err := r.packed.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		r.places[h.Name] = place{at, h.Size}
	}
}

func (r *Reader) readManifest() error {
	f, err := r.open(manifestName)
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "it has no %s, so it is no backup of Parley", manifestName)
	}
	raw, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		return errs.Wrap(err, errs.Invalid, "its %s cannot be read", manifestName)
	}
	if e.Format != format {
		return errs.New(errs.Invalid, "it has the format %d, and this version of Parley reads %d", e.Format, format)
	}
	r.files, r.content = e.Files, e.Content
	return nil
}

// check compares every file with its checksum.
func (r *Reader) check() error {
	for _, file := range r.files {
		f, err := r.open(file.Name)
		if err != nil {
			return errs.Wrap(err, errs.Invalid, "%s is missing", file.Name)
		}
		sum := sha256.New()
		n, err := io.Copy(sum, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("read %s: %w", file.Name, err)
		}
		if n != file.Size || hex.EncodeToString(sum.Sum(nil)) != file.SHA256 {
			return errs.New(errs.Invalid, "%s is damaged; use another backup", file.Name)
		}
	}
	return nil
}

// Content decodes what the writer gave to Finish.
func (r *Reader) Content(into any) error {
	if err := json.Unmarshal(r.content, into); err != nil {
		return errs.Wrap(err, errs.Invalid, "the backup's manifest cannot be read")
	}
	return nil
}

// Files lists the files below a folder, "" for all.
func (r *Reader) Files(folder string) []File {
	out := slices.Clone(r.files)
	return slices.DeleteFunc(out, func(f File) bool { return folder != "" && !strings.HasPrefix(f.Name, folder+"/") })
}

// Open opens a file of the backup.
func (r *Reader) Open(name string) (io.ReadCloser, error) {
	if !slices.ContainsFunc(r.files, func(f File) bool { return f.Name == name }) {
		return nil, errs.New(errs.Invalid, "the backup has no %s", name)
	}
	return r.open(name)
}

func (r *Reader) open(name string) (io.ReadCloser, error) {
	if r.root != nil {
		return r.root.Open(filepath.FromSlash(name))
	}
	at, ok := r.places[name]
	if !ok {
		return nil, os.ErrNotExist
	}
	return io.NopCloser(io.NewSectionReader(r.packed, at.at, at.size)), nil
}

// Close ends the reading.
func (r *Reader) Close() error {
	var errRoot, errPacked error
	if r.root != nil {
		errRoot = r.root.Close()
	}
	if r.packed != nil {
		errPacked = r.packed.Close()
	}
	return errors.Join(errRoot, errPacked)
}
