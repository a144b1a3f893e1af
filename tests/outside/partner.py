"""A partner system whose transport no one here wrote: Python grpcio, stubs generated from the contract.

Usage: partner.py COMMAND ... ; prints one JSON object. Exit code 0 when the call was answered, 3 when refused.

  exchange  --hub H:P --ca CA --sender CERT KEY --recipient CERT KEY --mailbox M --user U --alert FILE
            submits the alert, receives its copy, confirms, acknowledges, reads the status
  call      --hub H:P --ca CA [--identity CERT KEY]
            one RPC (hello); for certificates that must be refused
"""

import argparse
import importlib
import json
import pathlib
import sys
import tempfile

import grpc
from google.protobuf import json_format
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]


def stubs():
    """Generates the stubs into a directory of their own and imports them."""
    out = tempfile.mkdtemp(prefix="staysafe-stubs-")
    include = pathlib.Path(protoc.__file__).parent / "_proto"
    files = sorted(str(p.relative_to(ROOT / "proto")) for p in (ROOT / "proto/staysafe/v1").glob("*.proto"))
    code = protoc.main(
        ["protoc", f"-I{ROOT / 'proto'}", f"-I{include}", f"--python_out={out}", f"--grpc_python_out={out}", *files]
    )
    if code != 0:
        sys.exit("the contract does not compile for Python")
    sys.path.insert(0, out)
    load = lambda name: importlib.import_module(f"staysafe.v1.{name}")
    return load


def channel(hub, ca, identity):
    roots = pathlib.Path(ca).read_bytes()
    key = chain = None
    if identity:
        chain, key = (pathlib.Path(p).read_bytes() for p in identity)
    credentials = grpc.ssl_channel_credentials(roots, key, chain)
    return grpc.secure_channel(hub, credentials)


def exchange(load, args):
    alerts, mailbox = load("alerts_pb2"), load("mailbox_pb2")
    alerts_rpc, mailbox_rpc = load("alerts_pb2_grpc"), load("mailbox_pb2_grpc")
    request = json_format.Parse(pathlib.Path(args.alert).read_text(), alerts.SubmitAlertRequest())
    out = {}
    with channel(args.hub, args.ca, args.sender) as sender, channel(args.hub, args.ca, args.recipient) as recipient:
        submit = alerts_rpc.AlertServiceStub(sender)
        taken = submit.SubmitAlert(request, timeout=15)
        again = submit.SubmitAlert(request, timeout=15)
        out["alert_id"] = taken.alert_id
        out["acceptance"] = alerts.Acceptance.Name(taken.acceptance)
        out["replay_is_the_same"] = taken.receipt == again.receipt and taken.alert_id == again.alert_id
        box = mailbox_rpc.MailboxServiceStub(recipient)
        stream = box.Receive(mailbox.ReceiveRequest(mailbox=args.mailbox), timeout=20)
        copy = next(item.copy for item in stream if item.HasField("copy"))
        stream.cancel()
        out["copy"] = json_format.MessageToDict(copy.body, preserving_proto_field_name=True)
        out["copy_of"] = copy.alert_id
        out["copy_bytes"] = copy.ByteSize()
        confirmed = box.Confirm(mailbox.ConfirmRequest(mailbox=args.mailbox, sequences=[copy.sequence]), timeout=15)
        out["confirmed"] = confirmed.confirmed
        acknowledged = box.Acknowledge(
            mailbox.AcknowledgeRequest(
                mailbox=args.mailbox,
                delivery_id=copy.delivery_id,
                user_id=args.user,
                outcome=mailbox.ACKNOWLEDGE_OUTCOME_ACCEPTED,
            ),
            timeout=15,
        )
        out["state"] = alerts.DeliveryState.Name(acknowledged.state)
        status = submit.GetAlertStatus(alerts.GetAlertStatusRequest(alert_id=taken.alert_id), timeout=15)
        out["receipts"] = sorted(
            load("receipt_pb2").ReceiptKind.Name(receipt.kind)
            for delivery in status.deliveries
            for receipt in delivery.receipts
        )
        changed = alerts.SubmitAlertRequest()
        changed.CopyFrom(request)
        changed.alert.envelope.headline_concern += " (changed)"
        try:
            submit.SubmitAlert(changed, timeout=15)
            out["another_body_under_the_key"] = "ACCEPTED"
        except grpc.RpcError as error:
            out["another_body_under_the_key"] = error.code().name
    return out


def call(load, args):
    hub, hub_rpc = load("hub_pb2"), load("hub_pb2_grpc")
    with channel(args.hub, args.ca, args.identity) as connection:
        answer = hub_rpc.HubServiceStub(connection).Hello(hub.HelloRequest(client="python"), timeout=10)
    return {"agency": answer.agency, "peer": answer.peer}


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("exchange", "call"):
        sub = commands.add_parser(name)
        sub.add_argument("--hub", required=True)
        sub.add_argument("--ca", required=True)
        if name == "call":
            sub.add_argument("--identity", nargs=2)
        else:
            sub.add_argument("--sender", nargs=2, required=True)
            sub.add_argument("--recipient", nargs=2, required=True)
            sub.add_argument("--mailbox", required=True)
            sub.add_argument("--user", required=True)
            sub.add_argument("--alert", required=True)
    args = parser.parse_args()
    try:
        print(json.dumps({"exchange": exchange, "call": call}[args.command](stubs(), args)))
    except grpc.RpcError as error:
        print(json.dumps({"refused": error.code().name}))
        sys.exit(3)


if __name__ == "__main__":
    main()
