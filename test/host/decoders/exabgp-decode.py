# What ExaBGP reads in BGP messages: a line of JSON for each line of JSON, {"hex", "asn4"}: the whole message, and whether AS numbers have four
# octets. The names are those of meaning.ts.
import json
import sys

from exabgp.bgp.message import Message, Notification, Open, Update
from exabgp.bgp.message.action import Action
from exabgp.bgp.message.direction import Direction
from exabgp.bgp.message.open.capability import Capability, Negotiated
from exabgp.bgp.message.refresh import RouteRefresh
from exabgp.bgp.message.update.attribute import Attribute

# Imported, it reads them; by itself ExaBGP does not.
from exabgp.bgp.message.update.attribute.community.extended import bandwidth  # noqa: F401
from exabgp.bgp.message.update.eor import EOR
from exabgp.environment import getenv
from exabgp.logger import log
from exabgp.protocol.family import AFI, SAFI

unicast = [(AFI.ipv4, SAFI.unicast), (AFI.ipv6, SAFI.unicast)]


def family(afi, safi):
    return f'{int(afi)}/{int(safi)}'


def read_open(body):
    message = Open.unpack_message(body)
    capabilities = message.capabilities
    code = Capability.CODE
    told = {
        'type': 'open',
        'as': int(message.asn),
        'holdSeconds': int(message.hold_time),
        'identifier': str(message.router_id),
        'capabilities': sorted(int(one) for one in capabilities.keys()),
        'families': [family(*one) for one in capabilities.get(code.MULTIPROTOCOL, [])],
        'extendedNextHops': [f'{family(afi, safi)}:{int(hop)}' for afi, safi, hop in capabilities.get(code.NEXTHOP, [])],
    }
    if code.FOUR_BYTES_ASN in capabilities:
        told['asn'] = int(capabilities[code.FOUR_BYTES_ASN])
    if code.GRACEFUL_RESTART in capabilities:
        graceful = capabilities[code.GRACEFUL_RESTART]
        told['restart'] = {
            'restarting': graceful.restart_flag & 8 != 0,
            'seconds': graceful.restart_time,
            'forwarding': [family(*one) for one in graceful.keys() if graceful[one] & 0x80],
        }
    if code.HOSTNAME in capabilities:
        told['hostName'] = capabilities[code.HOSTNAME].host_name
    if code.SOFTWARE_VERSION in capabilities:
        told['software'] = capabilities[code.SOFTWARE_VERSION].software_version
    return told


def read_attributes(attributes):
    code = Attribute.CODE
    told = {}
    if code.ORIGIN in attributes:
        told['origin'] = str(attributes[code.ORIGIN])
        # An empty path is none to ExaBGP.
        told['asPath'] = []
    if code.AS_PATH in attributes:
        told['asPath'] = [int(asn) for segment in attributes[code.AS_PATH].aspath for asn in segment]
    if code.MED in attributes:
        told['multiExitDisc'] = int(str(attributes[code.MED]))
    if code.LOCAL_PREF in attributes:
        told['localPref'] = int(str(attributes[code.LOCAL_PREF]))
    if code.COMMUNITY in attributes:
        told['communities'] = [int.from_bytes(one.community, 'big') for one in attributes[code.COMMUNITY].communities]
    if code.EXTENDED_COMMUNITY in attributes:
        communities = [str(one) for one in attributes[code.EXTENDED_COMMUNITY].communities]
        # ExaBGP's own spelling.
        told['linkBandwidths'] = [one.removeprefix('bandwith:') for one in communities]
    if code.LARGE_COMMUNITY in attributes:
        told['largeCommunities'] = [str(one) for one in attributes[code.LARGE_COMMUNITY].communities]
    return told


def read_update(body, asn4):
    agreed = Negotiated({'capability': {'aigp': False}})
    agreed.asn4 = asn4
    agreed.families = unicast
    agreed.nexthop = [(AFI.ipv4, SAFI.unicast, AFI.ipv6)]
    message = Update.unpack_message(body, Direction.IN, agreed)
    if isinstance(message, EOR):
        return {'type': 'endOfRib', 'family': family(message.nlris[0].afi, message.nlris[0].safi)}
    # With two next hops it has each route twice.
    withdrawn, announced, hops = {}, {}, {}
    for nlri in message.nlris:
        if nlri.action == Action.WITHDRAW:
            withdrawn[str(nlri.cidr)] = True
        else:
            announced[str(nlri.cidr)] = True
            hops[str(nlri.nexthop)] = True
    told = {'type': 'update', 'withdrawn': list(withdrawn), 'announced': list(announced), 'nextHops': list(hops)}
    return {**told, **read_attributes(message.attributes)}


def read_notification(body):
    message = Notification.unpack_message(body)
    told = {'type': 'notification', 'code': message.code, 'subcode': message.subcode}
    begin, end = b'Shutdown Communication: "', b'"'
    if bytes(message.data).startswith(begin):
        told['text'] = message.data[len(begin) : -len(end)].decode()
    return told


def read(raw, asn4):
    kind, body = raw[18], raw[19:]
    if kind == Message.CODE.OPEN:
        return read_open(body)
    if kind == Message.CODE.UPDATE:
        return read_update(body, asn4)
    if kind == Message.CODE.NOTIFICATION:
        return read_notification(body)
    if kind == Message.CODE.KEEPALIVE:
        return {'type': 'keepalive'}
    message = RouteRefresh.unpack_message(body)
    return {'type': 'refresh', 'family': family(message.afi, message.safi), 'subtype': int(message.reserved)}


log.init(getenv())
for line in sys.stdin:
    asked = json.loads(line)
    try:
        print(json.dumps(read(bytes.fromhex(asked['hex']), asked['asn4'])))
    except Exception as error:
        print(json.dumps({'type': 'refused', 'why': repr(error)}))
