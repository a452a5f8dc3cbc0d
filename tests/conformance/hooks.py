"""What schemathesis cannot know of the document."""
import base64

import schemathesis
from hypothesis import strategies

# The smallest of each kind: nothing else that a schema could call an image would be one.
IMAGES = {
    "image/png": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "image/gif": "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
}
for kind in ("image/jpeg", "image/png", "image/gif", "image/webp"):
    sample = base64.b64decode(IMAGES.get(kind, IMAGES["image/png"]))
    schemathesis.openapi.media_type(kind, strategies.just(sample))


@schemathesis.hook
def before_call(context, case, kwargs):
    """Leaves out `fields` where it is right.

    An answer has then only the members that it names. No schema can say so, since what a parameter asks for is not in its
    reach, and one that required nothing would be of no use to a client. Wrong values are sent: they must be refused.
    """
    fields = (case.query or {}).get("fields")
    if fields is None:
        return
    declared = next((p for p in case.operation.query if p.name == "fields"), None)
    if declared is None:
        return
    known = declared.definition["schema"]["items"]["enum"]
    if all(field in known for field in (fields if isinstance(fields, list) else [fields])):
        del case.query["fields"]
