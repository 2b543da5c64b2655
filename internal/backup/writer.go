package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"parley/internal/errs"
)

const (
	manifestName = "manifest.json"
	format       = 1
	unfinished   = ".unfinished"
)

// envelope is the manifest as it is stored.
type envelope struct {
	Format  int             `json:"format"`
	Files   []File          `json:"files"`
	Content json.RawMessage `json:"content"` // the caller's own
}

// File is a file of a backup.
type File struct {
	Name   string `json:"name"` // with / between folders
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Writer makes a backup. Close it; what was not finished is then removed.
type Writer struct {
	path  string // of the finished backup
	dir   string // where it is written
	files []File
}

// Create begins a backup at path: one file when that ends in .tar, else a
// folder. errs.Conflict when there is something already.
func Create(path string) (*Writer, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find the place of the backup: %w", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil, errs.Wrap(err, errs.Conflict, "%s exists; choose another name for the backup", path)
	}
	w := &Writer{path: path, dir: path + unfinished}
	if err := os.RemoveAll(w.dir); err != nil { // of one that was broken off
		return nil, fmt.Errorf("remove an unfinished backup: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the backup's folder: %w", err)
	}
	if err := os.Mkdir(w.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the backup's folder: %w", err)
	}
	return w, nil
}

// Write adds a file, which fill writes.
func (w *Writer) Write(name string, fill func(io.Writer) error) (err error) {
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make a folder of the backup: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("make a file of the backup: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum, n := sha256.New(), &counter{}
	if err := fill(io.MultiWriter(f, sum, n)); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	w.files = append(w.files, File{Name: name, Size: n.n, SHA256: hex.EncodeToString(sum.Sum(nil))})
	return nil
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

// Finish writes the manifest with the caller's content and gives the backup its
// name. It returns the size in bytes.
func (w *Writer) Finish(content any) (size int64, err error) {
	raw, err := json.Marshal(content)
	if err != nil {
		return 0, fmt.Errorf("encode the backup's manifest: %w", err)
	}
	slices.SortFunc(w.files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	manifest, err := json.MarshalIndent(envelope{Format: format, Files: w.files, Content: raw}, "", "  ")
	if err != nil {
		return 0, fmt.Errorf("encode the backup's manifest: %w", err)
	}
	files := w.files
	if err := w.Write(manifestName, func(out io.Writer) error { _, err := out.Write(manifest); return err }); err != nil {
		return 0, err
	}
	for _, f := range w.files {
		size += f.Size
	}
	if strings.HasSuffix(w.path, ".tar") {
		if err := w.pack(files); err != nil {
			return 0, err
		}
		return size, nil
	}
	if err := os.Rename(w.dir, w.path); err != nil {
		return 0, fmt.Errorf("give the backup its name: %w", err)
	}
	return size, syncDir(filepath.Dir(w.path))
}

// pack makes one file of the folder, the manifest first.
func (w *Writer) pack(files []File) (err error) {
	tmp := w.path + unfinished + ".tar"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("make the backup's file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp) // the error is the one to tell
		}
	}()
	archive := tar.NewWriter(f)
	for _, name := range append([]string{manifestName}, namesOf(files)...) {
		if err := w.packFile(archive, name); err != nil {
			return errors.Join(fmt.Errorf("pack %s: %w", name, err), f.Close())
		}
	}
	if err := errors.Join(archive.Close(), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the backup's file: %w", err)
	}
	if err := os.Rename(tmp, w.path); err != nil {
		return fmt.Errorf("give the backup its name: %w", err)
	}
	return syncDir(filepath.Dir(w.path))
}

func namesOf(files []File) []string {
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = f.Name
	}
	return out
}

func (w *Writer) packFile(archive *tar.Writer, name string) (err error) {
	f, err := os.Open(filepath.Join(w.dir, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := archive.WriteHeader(&tar.Header{Name: name, Size: info.Size(), Mode: 0o600, ModTime: info.ModTime()}); err != nil {
		return err
	}
	_, err = io.Copy(archive, f)
	return err
}

// Close removes what is left of the writing.
func (w *Writer) Close() error {
	if err := os.RemoveAll(w.dir); err != nil {
		return fmt.Errorf("remove the backup's working folder: %w", err)
	}
	return nil
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync the backup's folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync the backup's folder: %w", err)
	}
	return nil
}
