"""What a relying party does: bytes and pinned keys in, a ``Verified`` out, or an error.

``checking`` has the two ways in, ``steps`` the numbered steps, ``verified`` what comes out.
"""
