// Command parley runs a support desk on an event log: chat, bot, help centre
// and console in one process. `parley help` lists what it can do.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // business hours name zones; small machines have no list of them

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"parley/internal/errs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a mistake in the command line rather than in the world.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// execute runs one command line and returns the exit code.
func execute(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	root := newRoot(in, out, errOut) //nolint:contextcheck // commands take the context from cobra
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	_, _ = fmt.Fprintln(errOut, "parley:", explain(err)) // nowhere is left to report a failing stderr
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitFailed
}

// explain is the error for people: what was tried, and of a coded one what to
// do next; its cause is for logs.
func explain(err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok && e.Code != errs.Internal && e.Code != errs.Busy {
		return strings.Replace(err.Error(), e.Error(), e.Message, 1)
	}
	return err.Error()
}

// program is what the commands share.
type program struct {
	cfg    config
	in     io.Reader
	out    io.Writer
	errOut io.Writer
}

func newRoot(in io.Reader, out, errOut io.Writer) *cobra.Command {
	p := &program{in: in, out: out, errOut: errOut}
	root := &cobra.Command{
		Use:   "parley",
		Short: "Support chat, bot, help centre and console on an event log",
		Long: "Parley runs a support desk in one process, with its own NATS and PostgreSQL unless told otherwise.\n" +
			"Every setting is a flag and an environment variable PARLEY_…; `parley config` lists them.",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	flags := p.cfg.flags()
	root.PersistentFlags().AddFlagSet(flags)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		if err := fromEnv(flags, os.Environ()); err != nil {
			return usageError{err}
		}
		if err := p.cfg.check(); err != nil {
			return usageError{err}
		}
		return nil
	}
	root.AddCommand(
		p.serveCommand(), p.migrateCommand(), p.configCommand(flags), p.routesCommand(), p.subjectsCommand(), p.metricsCommand(), p.doctorCommand(),
		p.userCommand(), p.inboxCommand(), p.tokenCommand(), p.integrationCommand(), p.kbCommand(), p.botCommand(), p.dlqCommand(), p.verifyCommand(), p.backupCommand(), p.restoreCommand(), p.personCommand(),
		p.benchCommand(), p.versionCommand(),
	)
	refuseUnknown(root)
	return root
}

// refuseUnknown makes a command that does not exist a usage error, on each
// level. Alone, a command that only holds others shows them.
func refuseUnknown(c *cobra.Command) {
	if !c.HasSubCommands() {
		return
	}
	c.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usageError{fmt.Errorf("there is no command %q; %s --help lists them", args[0], cmd.CommandPath())}
		}
		return nil
	}
	if !c.Runnable() {
		c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	for _, sub := range c.Commands() {
		refuseUnknown(sub)
	}
}

// noArgs and exactArgs report a wrong number of arguments as a usage error.
func noArgs(cmd *cobra.Command, args []string) error { return exactArgs(0)(cmd, args) }

func exactArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := cobra.ExactArgs(n)(cmd, args); err != nil {
			return usageError{err}
		}
		return nil
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
