"""Jobs for the tests: quick ones, and ones that take a while."""

from typing import Any


def stills(template: str, number: int, **fields: Any) -> list[dict[str, Any]]:
    """Stills with different texts, so that no two have the same output."""
    return [
        {
            "template": {"id": template},
            "settings": {"type": "image", "frames": 0},
            "assets": [{"type": "text", "layerName": "title", "value": str(position)}],
            **fields,
        }
        for position in range(number)
    ]


def films(template: str, number: int, frames: int, quality: str = "draft") -> list[dict[str, Any]]:
    return [
        {
            "template": {"id": template},
            "settings": {
                "type": "video",
                "frames": [position, position + frames],
                "quality": quality,
                "codec": "video_h264_vbr_1mbps",
            },
        }
        for position in range(number)
    ]
