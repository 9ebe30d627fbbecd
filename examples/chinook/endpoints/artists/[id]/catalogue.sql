-- An artist's whole catalogue: albums, and in each its tracks.
--
-- Three statements in one snapshot, whatever the number of albums.
--
-- @param id int min=1

-- @name artist
-- @shape object
SELECT ArtistId AS id, Name AS name
FROM Artist
WHERE ArtistId = :id;

-- @name albums
-- @embed albums in artist on artist_id = id
SELECT AlbumId AS id, Title AS title, ArtistId AS artist_id
FROM Album
WHERE ArtistId IN (:artist.id)
ORDER BY Title, AlbumId;

-- @name tracks
-- @embed tracks in albums on album_id = id
-- @column unit_price decimal
SELECT t.TrackId AS id, t.AlbumId AS album_id, t.Name AS name, t.Composer AS composer, g.Name AS genre,
       m.Name AS media_type, t.Milliseconds AS milliseconds, from_minor(to_minor(t.UnitPrice, 2), 2) AS unit_price
FROM Track AS t
LEFT JOIN Genre AS g ON g.GenreId = t.GenreId
JOIN MediaType AS m ON m.MediaTypeId = t.MediaTypeId
WHERE t.AlbumId IN (:albums.id)
ORDER BY t.AlbumId, t.TrackId
