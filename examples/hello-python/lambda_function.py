import json


def lambda_handler(event, context):
    name = event.get("name", "Tinderbox")
    print(f"greeting {name}")
    return {"statusCode": 200, "body": json.dumps(f"Hello from {name}!")}
