package pg

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPasswordsAreNoArguments(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		"postgres://parley:s%40fe@db/parley?sslmode=require&pool_max_conns=5": {"postgres://parley@db/parley?sslmode=require", "s@fe"},
		"postgres:///parley?host=/run&password=hidden&user=parley":            {"postgres:///parley?host=%2Frun&user=parley", "hidden"},
		"host=db user=parley password=hidden dbname=parley":                   {"host=db user=parley  dbname=parley", "hidden"},
		`password='a \'quoted one' host=db`:                                   {" host=db", "a 'quoted one"},
		"postgres:///parley?host=/run":                                        {"postgres:///parley?host=%2Frun", ""},
	} {
		target, password, err := withoutPassword(in)
		require.NoError(t, err, in)
		require.Equal(t, want, [2]string{target, password}, in)
	}
	_, _, err := withoutPassword("postgres://parley:hidden@db:port/x")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hidden")
}
