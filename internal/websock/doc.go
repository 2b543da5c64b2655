// Package websock is the server's half of RFC 6455 on connections that Fiber
// hands over: text messages in both directions, ping, pong and the close
// handshake, without extensions.
//
// It exists for what an idle socket costs. The HTTP server's request, its
// buffers and its goroutine's stack are given back at the upgrade; while a
// connection is silent it holds no buffer at all, and when its reader parks it
// no goroutine either, see [Conn.Park]. Frame heads, masks and the checks of the RFC are those of
// github.com/gobwas/ws.
//
// It publishes nothing and owns nothing; the gateway is its only user.
package websock
