package httpd

import "net/netip"

// onePerson is the network that stands for one visitor in IPv6: providers give
// each line at least so much (RFC 6177; BCP 157), and whoever has it can use
// another of its 2^64 addresses for every request.
const onePerson = 64

// AddressKey is what an address is counted by: an IPv4 address itself, also when
// it is written as IPv6; the first 64 bits of any other IPv6 address. What is no
// address counts as it is written.
func AddressKey(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	network, err := addr.Prefix(onePerson)
	if err != nil {
		return address // only for a length above 128
	}
	return network.String()
}

// AllowAddress is Allow for a caller's address, see [AddressKey].
func (l *Limiter) AllowAddress(address string) error { return l.Allow(AddressKey(address)) }
