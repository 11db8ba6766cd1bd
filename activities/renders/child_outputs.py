"""The outputs of nested jobs: they come straight from the object store, which has no URL."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from obstore.store import ObjectStore

from reelbatch.engines.base import ResolvedAsset
from reelbatch.models.errors import AssetInvalid
from reelbatch.models.orchestration.jobs import ChildOutput
from reelbatch.models.wire.assets import Asset, NestedJobAsset
from reelbatch.storage.files import download


async def with_outputs(
    store: ObjectStore,
    assets: Sequence[Asset],
    resolved: Sequence[ResolvedAsset],
    outputs: Sequence[ChildOutput],
    folder: Path,
) -> list[ResolvedAsset]:
    """`resolved`, which are the job's `assets`, with the files of its nested jobs in their places.

    Raises AssetInvalid where such a file is gone.
    """
    found = list(resolved)
    for output in outputs:
        asset = assets[output.position]
        assert isinstance(asset, NestedJobAsset)  # noqa: S101  as it was when the job was accepted
        file = folder / f"nested-{output.position}{PurePosixPath(output.output_key).suffix}"
        try:
            await download(store, output.output_key, file)
        except FileNotFoundError as error:
            raise AssetInvalid(
                f"The output of the nested job {output.id} is no longer in the object store."
            ) from error
        found[output.position] = ResolvedAsset(asset.filled(output.id), file)
    return found
